//! Files that people upload, and what is made of them.

use factum::prelude::*;

#[derive(Event, Clone, Debug, PartialEq)]
pub enum UploadEvent {
    #[event("upload.file_uploaded")]
    FileUploaded { owner: String, kilobytes: u32 },
    #[event("upload.step_done")]
    StepDone { step: String, result: String },
}
use UploadEvent::*;

#[derive(Command, Debug, Serialize, Deserialize)]
#[command("upload.upload")]
pub struct Upload {
    #[id]
    pub file: String,
    pub owner: String,
    pub kilobytes: u32,
}

/// What a subscriber has to say about a file.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("upload.record")]
pub struct Record {
    #[id]
    pub file: String,
    pub step: String,
    pub result: String,
}

#[derive(Aggregate, Debug, Default)]
#[aggregate(name = "upload", event = UploadEvent, error = std::convert::Infallible, commands(Upload, Record))]
pub struct File {
    uploaded: bool,
}

impl Apply<UploadEvent> for File {
    fn apply(&mut self, _: &UploadEvent) {
        self.uploaded = true;
    }
}
impl Handle<Upload> for File {
    fn handle(&self, cmd: &Upload, _: &Context) -> Decision<Self> {
        let Upload { owner, kilobytes, .. } = cmd;
        emit((!self.uploaded).then(|| FileUploaded { owner: owner.clone(), kilobytes: *kilobytes }))
    }
}
impl Handle<Record> for File {
    fn handle(&self, cmd: &Record, _: &Context) -> Decision<Self> {
        emit(StepDone { step: cmd.step.clone(), result: cmd.result.clone() })
    }
}

/// A file, and what each subscriber has done about it.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "files", from(UploadEvent))]
pub struct FileRow {
    #[key]
    pub file: String,
    #[index]
    pub owner: String,
    pub steps: std::collections::BTreeMap<String, String>,
}

impl Project<UploadEvent> for FileRow {
    fn project(&mut self, event: &UploadEvent, _: &Origin) {
        match event {
            FileUploaded { owner, .. } => self.owner.clone_from(owner),
            StepDone { step, result } => drop(self.steps.insert(step.clone(), result.clone())),
        }
    }
}
