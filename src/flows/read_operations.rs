//! What goes or went to payment providers and where it stands, for whoever may read payments: everywhere, or of the
//! events of some groups.

use std::collections::HashMap;

use super::app::App;
use super::read_books::units;
use crate::domain::ids::SalesUnitId;
use crate::domain::operation::Operation;
use crate::domain::permission::{Permission, Standing};
use crate::store::Stop;
use crate::store::operations::OperationFilter;

/// A page of them, with the names of sales units.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    /// Newest first.
    pub rows: Vec<Operation>,
    /// What the sales units are called.
    pub unit_names: HashMap<SalesUnitId, String>,
    /// True when whoever asks may read payments everywhere, and so may choose among all units.
    pub everywhere: bool,
}

/// Newest first, after a time and an id. Whoever may read payments nowhere is refused.
pub async fn operations(
    app: &App,
    who: &Standing,
    filter: OperationFilter,
    after: Option<(i64, uuid::Uuid)>,
    limit: i64,
) -> Result<Operations, Stop> {
    let organizers = who.needs_somewhere(Permission::OrdersRead)?;
    let everywhere = organizers.is_none();
    let (house, filter) = (app.clone(), OperationFilter { organizers, ..filter });
    app.store
        .read(move |tx| {
            let units = units(&house, tx)?;
            let unit_names = units.into_iter().map(|(id, view)| (id, view.unit.display_name)).collect();
            Ok(Operations { rows: tx.operations(&filter, after, limit)?, unit_names, everywhere })
        })
        .await
}
