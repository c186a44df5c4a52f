use factum_core::Projection;
use factum_core::view::{RowStore, Select, ViewError, ViewSpec};

/// What this process begins with.
pub(super) struct Opened {
    /// The building of its version.
    pub(super) own: ViewSpec,
    /// What queries see until that has caught up.
    pub(super) older: Option<ViewSpec>,
}

/// Opens the building of this version that is live, or the one that was begun, or a first one.
pub(super) async fn open_first<P: Projection>(
    rows: &dyn RowStore,
    first: ViewSpec,
) -> Result<Opened, ViewError> {
    let builds = rows.builds(P::NAME).await?;
    let own = builds.iter().filter(|build| build.id.version == P::VERSION);
    let live = own.clone().find(|build| build.live).map(|build| build.id);
    let id = live.or_else(|| own.map(|build| build.id).min()).unwrap_or(first.id);
    let own = ViewSpec { id, ..first };
    rows.open(own).await?;
    if live.is_some() {
        return Ok(Opened { own, older: None });
    }
    let mut older = builds.iter().filter(|build| build.live && build.id.version < P::VERSION);
    let older = older.next_back().filter(|build| build.columns == own.column_list());
    let Some(older) = older else {
        // There is nothing to be seen before it.
        rows.promote(id).await?;
        return Ok(Opened { own, older: None });
    };
    let older = ViewSpec { id: older.id, slices: older.slices, ..own };
    if reads_as::<P>(rows, older).await? {
        return Ok(Opened { own, older: Some(older) });
    }
    rows.promote(id).await?;
    Ok(Opened { own, older: None })
}

/// Whether the rows of an older version can be read as those of this one, by the first of them.
async fn reads_as<P: Projection>(rows: &dyn RowStore, older: ViewSpec) -> Result<bool, ViewError> {
    let one = Select { limit: Some(1), ..Default::default() };
    let bodies = rows.select(older, one).await?;
    Ok(bodies.iter().all(|body| P::form().read(body).is_ok()))
}
