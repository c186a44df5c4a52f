impl Handle<Open> for Account {
    fn handle(&self, cmd: &Open, ctx: &Context) -> Decision<Self> {
        require!(self.owner.is_none(), AccountError::Open);
        emit(Opened {
            owner: cmd.owner.clone(),
            reference: ctx.new_uuid(),
            limit_cents: cmd.limit_cents,
            note: None,
            labels: cmd.labels.clone(),
        })
    }
}

impl Handle<Rename> for Account {
    fn handle(&self, cmd: &Rename, _: &Context) -> Decision<Self> {
        require!(self.owner.is_some(), AccountError::NotOpen);
        emit(Renamed { name: cmd.name.clone(), by: Some(cmd.by) })
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, ctx: &Context) -> Decision<Self> {
        require!(self.owner.is_some(), AccountError::NotOpen);
        emit(Deposited { cents: cmd.cents, at: ctx.now().as_micros() })
    }
}

impl Handle<Withdraw> for Account {
    fn handle(&self, cmd: &Withdraw, _: &Context) -> Decision<Self> {
        let available = self.cents + self.limit_cents;
        require!(cmd.cents <= available, AccountError::Insufficient { available });
        emit(Withdrawn { cents: cmd.cents, reason: cmd.reason.clone(), by: cmd.by })
    }
}

impl Handle<AddLines> for Account {
    fn handle(&self, cmd: &AddLines, _: &Context) -> Decision<Self> {
        require!(self.owner.is_some(), AccountError::NotOpen);
        let added = |line: &Line| LineAdded {
            line: line.line,
            article: line.article.clone(),
            pieces: line.pieces,
            cents: line.cents,
        };
        emit(cmd.lines.iter().map(added).collect::<Vec<_>>())
    }
}

impl Handle<Close> for Account {
    fn handle(&self, cmd: &Close, ctx: &Context) -> Decision<Self> {
        let lines = self.lines.len();
        require!(lines == 0, AccountError::Charged { lines });
        emit(Closed { by: cmd.by, at: ctx.now().as_micros(), reason: cmd.reason.clone() })
    }
}
