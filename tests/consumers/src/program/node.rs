use std::error::Error;
use std::io::stdin;
use std::sync::Arc;

use factum::codec::write_json;
use factum::view::Owner;
use factum::{App, Position};
use factum_consumer_tests::{Depot, GoodsRow, LEASE, LONG, Load, NODE_SLICES, Watched, open};

use super::{Ended, say};

/// One of several processes that share a view, and does what it is asked until there is nothing more:
///
/// - `own row`: sends a command and asks the view for what it did: `own seen`, or what was missing;
/// - `rows POSITION`: all rows, as JSON, once the view is there;
/// - `hold on` and `hold off`: holds the commits of the view back, and lets them go.
pub(crate) async fn node(log: &str, name: &str) -> Ended {
    let rows = open(log).await?.rows().ok_or("the store keeps no rows")?;
    let rows = Arc::new(Watched::new(rows, say));
    let owner = Owner::new(name);
    let app = App::connect(log).await?.aggregate::<Depot>().views_in(rows.clone());
    let place = |usual: factum::Placement| usual.slices(NODE_SLICES).leased(LEASE).owner(owner);
    let app = app.projection_with::<GoodsRow>(place).start().await?;
    say("started");
    for (number, asked) in stdin().lines().enumerate() {
        match asked?.split_once(' ') {
            None => return Err("a word and what goes with it".into()),
            Some(("own", _)) => say(&format!("own {}", own(&app, name, number).await?)),
            Some(("rows", position)) => {
                say(&format!("rows {}", all(&app, Position::new(position.parse()?)).await?));
            }
            Some(("hold", held)) => {
                rows.hold(held == "on");
                say("hold");
            }
            Some((other, _)) => return Err(format!("unknown: {other}").into()),
        }
    }
    app.stop().await?;
    say("stopped");
    Ok(())
}

/// Whether the view shows what a command did, wherever its rows are.
async fn own(app: &App, name: &str, number: usize) -> Result<String, Box<dyn Error>> {
    let goods: Vec<String> = (0..4).map(|part| format!("{name}, {number}, {part}")).collect();
    let load = Load { shipment: name.to_owned(), goods: goods.clone() };
    let done = app.send(load).await?;
    let view = app.view::<GoodsRow>().after(done.position).within(LONG);
    for goods in goods {
        match view.get(&goods).await? {
            Some(row) if row.seen.events == 1 => {}
            other => return Ok(format!("{goods}: {other:?}")),
        }
    }
    Ok("seen".to_owned())
}

async fn all(app: &App, position: Position) -> Result<String, Box<dyn Error>> {
    let rows = app.view::<GoodsRow>().after(position).within(LONG).all().await?;
    let mut json = Vec::new();
    write_json(&rows, &mut json)?;
    Ok(String::from_utf8(json)?)
}
