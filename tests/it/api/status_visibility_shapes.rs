//! The bodies of status visibility under both contracts: the rules, what is listed, and what is
//! refused.

use crate::support::Setup;
use crate::support::admin::setting;
use crate::support::presence::set;
use crate::support::visibility::{change, deny};
use doorsign::config::{Contract, Unconnected};
use serde_json::json;

#[tokio::test]
async fn rules_and_refusals_have_the_same_bodies_under_both_contracts() {
    for contract in [Contract::Documented, Contract::Server] {
        let setup = Setup::new().contract(contract);
        let setup = setup.config(|config| config.unconnected = Some(Unconnected::Declared));
        let server = setup.start().await;
        let admin = server.admin().await;
        let (ann, bob) = (server.user("ann").await, server.user("bob").await);
        set(&ann, json!({"status": "busy", "message": "Lunch"})).await;
        deny(&ann, &["bob"]).await.golden("visibility_off");
        let by_admin = json!({"statusVisibilityDeniedByAdmin": ["bob"]});
        let refused = change(&admin, &ann, by_admin.clone()).await;
        refused.golden("visibility_by_admin_off");
        for rules in ["Enabled", "Admin_Enabled"] {
            setting(&admin, &format!("Accounts_StatusVisibility_{rules}"), true).await;
        }
        deny(&ann, &["nobody"])
            .await
            .golden("visibility_unknown_user");
        deny(&ann, &["bob"]).await.golden("visibility_set");
        bob.get("users.getStatus?username=ann")
            .await
            .golden("visibility_hidden");
        let own = change(&bob, &bob, by_admin.clone()).await;
        own.golden("visibility_own_not_allowed");
        change(&admin, &ann, by_admin)
            .await
            .golden("visibility_by_admin");
        let list = admin.get("users.listStatusVisibility").await;
        list.golden("visibility_list");
        let disabled = json!({"presenceDisabledByAdmin": true});
        change(&admin, &ann, disabled).await.expect(200);
        let busy = json!({"status": "busy"});
        let refused = ann.post("users.setStatus", busy).await;
        refused.golden("status_presence_disabled");
        let seen = admin.get("users.info?username=ann").await;
        seen.golden("visibility_info");
    }
}
