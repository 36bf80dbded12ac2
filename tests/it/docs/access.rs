//! Access to each route as in the tables of docs/api.md: anyone, every user, or holders of a
//! permission.

use crate::support::good_requests::{self, ask};
use crate::support::page::{Page, routes, spans};
use crate::support::{Client, TestServer};
use serde_json::json;

#[tokio::test]
async fn every_route_accepts_exactly_the_clients_in_its_row() {
    let server = good_requests::server().await;
    server.user("ann").await;
    let mut n = 0;
    for row in Page::of("api").tables("route").concat() {
        let permission = match row[1].as_str() {
            // Its key is not that of a user.
            "a display" => continue,
            "anyone" | "logged in" => None,
            _ => Some(spans(&row[1])[0].to_owned()),
        };
        for route in routes(&row[0]) {
            let case = format!("{} {} is for: {}", route.0, route.1, row[1]);
            let route = (route.0.as_str(), route.1.as_str());
            // A new login for each request: some routes end every login of their sender.
            let mut status = async |client: Client| {
                n += 1;
                ask(&server, (&client, "ann"), route, n)
                    .await
                    .status
                    .as_u16()
            };
            let anonymous = status(server.anon()).await;
            let accepted = good_requests::accepted(route.1);
            let expected = if row[1] == "anyone" { accepted } else { 401 };
            assert_eq!(anonymous, expected, "{case}");
            if let Some(permission) = &permission {
                grant(&server, permission, &["admin"]).await;
                let refused = status(server.with_token("ann").await).await;
                assert!([400, 403].contains(&refused), "{case}: {refused}");
                grant(&server, permission, &["admin", "user"]).await;
            }
            let ann = server.with_token("ann").await;
            // Only those without a login can register.
            let registers = route.1 == "/api/v1/users.register";
            let accepted = if registers { 400 } else { accepted };
            assert_eq!(status(ann).await, accepted, "{case}");
            if let Some(permission) = &permission {
                grant(&server, permission, &["admin"]).await;
            }
        }
    }
}

async fn grant(server: &TestServer, permission: &str, roles: &[&str]) {
    let grant = json!({"permissions": [{"_id": permission, "roles": roles}]});
    let admin = server.admin().await;
    admin.post("permissions.update", grant).await.expect(200);
}
