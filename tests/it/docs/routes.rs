//! The tables of routes in docs/api.md.

use std::collections::BTreeSet;

use doorsign::api::ROUTES;

use crate::support::page::{Page, routes};

#[test]
fn the_tables_name_every_route_once_and_no_other() {
    let rows = Page::of("api").tables("route").concat();
    let named: Vec<_> = rows.iter().flat_map(|row| routes(&row[0])).collect();
    let served = ROUTES
        .iter()
        .map(|route| (route.method.to_string(), route.path.to_owned()));
    assert_eq!(named.len(), ROUTES.len(), "{named:?}");
    assert_eq!(
        named.into_iter().collect::<BTreeSet<_>>(),
        served.collect::<BTreeSet<_>>()
    );
}
