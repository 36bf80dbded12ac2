//! Lists of statuses: filter, order, page and total, compared with results computed in memory.

use crate::support::store::{at, create, every_store, status};
use doorsign::domain::{CustomStatus, SortField, SortOrder, StatusName, StatusQuery, StatusType};
use std::cmp::Ordering;

const NAMES: [&str; 12] = [
    "Lunch", "lunch", "LUNCH", "%", "_", "a\\b", "Äpfel", "äpfel", "zzz", " z", "🍜", "Brunch",
];

fn statuses() -> Vec<CustomStatus> {
    let types = [
        StatusType::Online,
        StatusType::Away,
        StatusType::Busy,
        StatusType::Offline,
        StatusType::Unset,
    ];
    let make = |(n, name): (usize, &&str)| CustomStatus {
        status_type: types[n % types.len()],
        updated_at: at(i64::try_from(n).unwrap() % 3),
        ..status(50 - i64::try_from(n).unwrap(), name)
    };
    NAMES.iter().enumerate().map(make).collect()
}

/// The result that the trait documents for a query, computed in memory.
fn expected(query: &StatusQuery) -> (Vec<CustomStatus>, u64) {
    let mut all = statuses();
    let has = |key: &Option<String>, status: &CustomStatus| {
        key.as_ref()
            .is_none_or(|key| status.name.key().contains(key))
    };
    let is = |id: &Option<String>, status: &CustomStatus| {
        id.as_ref().is_none_or(|id| status.id.as_str() == id)
    };
    all.retain(|status| has(&query.name_contains, status) && is(&query.id, status));
    let by_name = [(SortField::Name, SortOrder::Ascending)];
    let sort = if query.sort.is_empty() {
        &by_name[..]
    } else {
        &query.sort
    };
    all.sort_by(|a, b| {
        let terms = sort.iter().map(|(field, order)| match order {
            SortOrder::Ascending => compare(*field, a, b),
            SortOrder::Descending => compare(*field, b, a),
        });
        terms
            .fold(Ordering::Equal, Ordering::then)
            .then(compare(SortField::Id, a, b))
    });
    let total = all.len() as u64;
    let (skip, take) = (query.offset, query.limit.unwrap_or(u64::MAX));
    let whole = |n| usize::try_from(n).unwrap_or(usize::MAX);
    let page = all.into_iter().skip(whole(skip)).take(whole(take));
    (page.collect(), total)
}

fn compare(field: SortField, a: &CustomStatus, b: &CustomStatus) -> Ordering {
    match field {
        SortField::Id => a.id.as_str().cmp(b.id.as_str()),
        SortField::Name => a.name.as_str().cmp(b.name.as_str()),
        SortField::StatusType => a.status_type.as_str().cmp(b.status_type.as_str()),
        SortField::UpdatedAt => a.updated_at.cmp(&b.updated_at),
    }
}

fn orders() -> Vec<Vec<(SortField, SortOrder)>> {
    use SortField::{Id, Name, StatusType, UpdatedAt};
    use SortOrder::{Ascending, Descending};
    let mut orders = vec![vec![]];
    for field in [Id, Name, StatusType, UpdatedAt] {
        for order in [Ascending, Descending] {
            orders.push(vec![(field, order)]);
            orders.push(vec![
                (UpdatedAt, order),
                (StatusType, Descending),
                (field, order),
            ]);
        }
    }
    orders
}

fn filters() -> Vec<StatusQuery> {
    let id = |id: &str| StatusQuery {
        id: Some(id.to_owned()),
        ..StatusQuery::default()
    };
    let name = |text: &str| StatusQuery {
        name_contains: Some(StatusName::search_key(text)),
        ..StatusQuery::default()
    };
    let both = StatusQuery {
        id: Some(status(50, "any").id.as_str().to_owned()),
        ..name("unc")
    };
    let neither = StatusQuery {
        id: Some(status(47, "any").id.as_str().to_owned()),
        ..name("unc")
    };
    let one = status(45, "any").id;
    vec![
        StatusQuery::default(),
        id(one.as_str()),
        id("' OR 1=1 --"),
        name("UNCH"),
        name("%"),
        name("_"),
        name("\\"),
        name("ÄPF"),
        name(""),
        name("nothing"),
        both,
        neither,
    ]
}

#[tokio::test]
async fn every_filter_order_and_page_gives_the_result_computed_in_memory() {
    every_store(async |database| {
        let store = database.open();
        for status in statuses() {
            create(&*store, &status).await.unwrap();
        }
        for filter in filters() {
            for sort in orders() {
                for (offset, limit) in [
                    (0, None),
                    (0, Some(5)),
                    (5, Some(5)),
                    (11, Some(5)),
                    (12, Some(5)),
                    (3, None),
                    (0, Some(0)),
                    (u64::MAX, Some(u64::MAX)),
                ] {
                    let query = StatusQuery {
                        sort: sort.clone(),
                        offset,
                        limit,
                        ..filter.clone()
                    };
                    let page = store.list_statuses(query.clone()).await.unwrap();
                    assert_eq!((page.items, page.total), expected(&query), "{query:?}");
                }
            }
        }
    })
    .await;
}
