use redis::{Cmd, Pipeline, RedisError};

use super::scripts::{Loaded, Script};

/// What is sent together: perhaps a script, then other commands.
#[derive(Debug)]
pub(super) struct Request<'a> {
    script: Option<Call<'a>>,
    rest: Vec<Cmd>,
}

#[derive(Debug)]
struct Call<'a> {
    script: Script,
    keys: Vec<&'a [u8]>,
    args: Vec<&'a [u8]>,
}

impl<'a> Request<'a> {
    /// A script with its keys and arguments.
    pub(super) fn script(script: Script, keys: Vec<&'a [u8]>, args: Vec<&'a [u8]>) -> Self {
        let script = Some(Call { script, keys, args });
        Self { script, rest: Vec::new() }
    }

    /// Commands alone.
    pub(super) fn commands(rest: Vec<Cmd>) -> Self {
        Self { script: None, rest }
    }

    pub(super) fn and(mut self, command: Cmd) -> Self {
        self.rest.push(command);
        self
    }

    /// Whether commits were stored before what this error tells of.
    pub(super) fn has_appended(&self, error: &RedisError) -> bool {
        let appends = self.script.as_ref().is_some_and(|call| call.script == Script::Append);
        let failed = error.clone().into_server_errors();
        appends && failed.as_deref().and_then(<[_]>::first).is_some_and(|(place, _)| *place > 0)
    }

    pub(super) fn pipeline(&self, scripts: &Loaded) -> Pipeline {
        let mut pipeline = Pipeline::with_capacity(self.rest.len() + 1);
        if let Some(Call { script, keys, args }) = &self.script {
            let bytes = keys.iter().chain(args).map(|arg| arg.len()).sum();
            let mut command = Cmd::with_capacity(keys.len() + args.len() + 3, bytes);
            command.arg("EVALSHA").arg(scripts.sha(*script)).arg(keys.len());
            for arg in keys.iter().chain(args) {
                command.arg(*arg);
            }
            pipeline.add_command(command);
        }
        for command in &self.rest {
            pipeline.add_command(command.clone());
        }
        pipeline
    }
}
