//! A folder without its database is not treated as a new one.

use crate::support::data_folder::served;
use crate::support::process::Home;
use std::fs;
use std::path::Path;

#[tokio::test]
async fn a_folder_without_its_database_is_refused_and_left_unchanged() {
    let remove = |file: &Path| fs::remove_file(file).unwrap();
    let empty = |file: &Path| fs::write(file, "").unwrap();
    let losses: [&dyn Fn(&Path); 2] = [&remove, &empty];
    let traces = ["doorsign.db-wal", "doorsign.db-marker", "token-secret"];
    for lose in losses {
        let home = Home::new();
        let (server, admin) = served(&home).await;
        admin.create("only in the log").await.expect(200);
        server.kill().await;
        let log = home.data().join("doorsign.db-wal");
        let changes = fs::read(&log).unwrap();
        assert!(!changes.is_empty());
        lose(&home.data().join("doorsign.db"));
        for trace in traces {
            for args in [["serve"].as_slice(), &["user", "list"]] {
                let reason = home.run(args).await.refused(1);
                assert!(reason.contains(trace), "{reason}");
                assert!(reason.contains("restore doorsign.db"), "{reason}");
                assert!(reason.contains("move the folder away"), "{reason}");
            }
            if trace == traces[0] {
                assert_eq!(fs::read(&log).unwrap(), changes);
            }
            fs::remove_file(home.data().join(trace)).unwrap();
        }
        let new = home.serve(&[], &[]).await;
        assert!(
            new.shown_password().is_some(),
            "a folder without traces is new"
        );
    }
}

#[tokio::test]
async fn a_link_to_a_missing_database_is_refused_and_kept() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    let link = home.data().join("doorsign.db");
    std::os::unix::fs::symlink("/nowhere/doorsign.db", &link).unwrap();
    let reason = home.run(&["serve"]).await.refused(1);
    assert!(reason.contains("symbolic link"), "{reason}");
    assert!(link.is_symlink());
}

#[tokio::test]
async fn a_database_behind_a_link_works() {
    let home = Home::new();
    let (server, admin) = served(&home).await;
    admin.create("one").await.expect(200);
    server.end().await;
    let (link, target) = (
        home.data().join("doorsign.db"),
        home.path().join("elsewhere"),
    );
    fs::create_dir(&target).unwrap();
    let target = target.join("doorsign.db");
    fs::rename(&link, &target).unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    for name in ["two", "three"] {
        let (server, admin) = served(&home).await;
        admin.create(name).await.expect(200);
        server.kill().await;
    }
    let (_server, admin) = served(&home).await;
    assert_eq!(admin.names().await.len(), 3);
    assert!(link.is_symlink());
}
