use crate::process::run;

#[test]
fn it_tells_what_happens_and_goes_on_when_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db");
    let first = run("bank", [&file]);
    assert_eq!((first.status, first.err.as_str()), (Some(0), ""), "{}", first.out);
    for told in [
        "> Open { account: \"alice\", owner: \"Alice\" }\n  [Opened { owner: \"Alice\" }]",
        "cents: 100000000 }\n  rejected: only 750 cents are left",
        "> Deposit { account: \"carol\", cents: 1 }\n  rejected: the account was never opened",
        "right after it:\n  alice    Alice       38000\n  bob      Bob          1000\n",
        "  new, at position",
        "  known already, at position",
        "Alice's account at revision 1: Account { owner: Some(\"Alice\"), cents: 50000 }",
    ] {
        assert!(first.out.contains(told), "{told:?} is missing in:\n{}", first.out);
    }
    let second = run("bank", [&file]);
    assert_eq!(second.status, Some(0), "{}", second.err);
    for told in [
        "> Open { account: \"alice\", owner: \"Alice\" }\n  nothing to do",
        "right after it:\n  alice    Alice       76000\n  bob      Bob          1999\n",
    ] {
        assert!(second.out.contains(told), "{told:?} is missing in:\n{}", second.out);
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run("bank", [folder.path().join("no/such/folder/bank.db")]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("no/such/folder/bank.db"), "{}", ran.err);
}

#[test]
fn an_option_is_not_taken_for_a_file() {
    let ran = run("bank", ["--help"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("usage: bank [FILE | --store URL]"), "{}", ran.err);
}
