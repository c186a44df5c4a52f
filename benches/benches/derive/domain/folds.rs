impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            Opened { owner, limit_cents, .. } => {
                self.owner = Some(owner.clone());
                self.limit_cents = *limit_cents;
            }
            Renamed { name, .. } => self.name.clone_from(name),
            Deposited { cents, .. } => self.cents += cents,
            Withdrawn { cents, .. } => self.cents = self.cents.saturating_sub(*cents),
            LineAdded { line, article, pieces, cents } => self.lines.push(Line {
                line: *line,
                article: article.clone(),
                pieces: *pieces,
                cents: *cents,
            }),
            LineRemoved { line: removed, .. } => self.lines.retain(|line| line.line != *removed),
            Closed { at, .. } => self.closed_at = Some(*at),
            Assigned { .. } | Commented { .. } | Paused { .. } => {}
        }
    }
}

impl Project<AccountEvent> for AccountRow {
    fn project(&mut self, event: &AccountEvent, _: &Origin) {
        match event {
            Opened { owner, .. } => self.owner.clone_from(owner),
            Renamed { name, .. } => self.name.clone_from(name),
            Deposited { cents, .. } => self.cents += cents,
            Withdrawn { cents, .. } => self.cents = self.cents.saturating_sub(*cents),
            Commented { author, text, .. } => self.comments.push(format!("{author}: {text}")),
            Closed { at, .. } => self.closed_at = Some(*at),
            LineAdded { .. } | LineRemoved { .. } | Assigned { .. } | Paused { .. } => {}
        }
    }
}
