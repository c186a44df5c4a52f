use crate::process::{Ran, run};

/// What a run tells of its six files, from this number on.
fn check(ran: &Ran, first: usize) {
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    let out = &ran.out;
    let count = |told: &str| out.matches(told).count();
    assert!(out.contains(&format!("{} files are known. Upload 6 more.", first - 1)), "{out}");
    for number in first..first + 6 {
        assert_eq!(count(&format!("thumbnails     photo-{number}: drawn")), 1, "{out}");
        assert_eq!(count(&format!("notifications  photo-{number}: mail to")), 1, "{out}");
        let away = format!("metadata       photo-{number}: the service is away\n");
        let done = format!("metadata       photo-{number}: {} kB\n", 100 + number * 37);
        assert_eq!(count(&done), 1, "{out}");
        // It is tried again, and then there is something to tell.
        if count(&away) > 0 {
            assert!(out.find(&away) < out.find(&done), "{out}");
        }
    }
    assert!(count("the service is away") >= 1, "{out}");
    for bobs in [first, first + 3] {
        let full = "the mailbox of bob is full\n";
        assert_eq!(count(&format!("notifications  photo-{bobs}: {full}")), 1, "{out}");
        let parked = format!("upload.file_uploaded of upload-photo-{bobs}: {full}");
        let behind =
            format!("upload.step_done of upload-photo-{bobs}: waits behind an earlier one\n");
        assert!(out.find(&parked).is_some() && out.find(&parked) < out.find(&behind), "{out}");
        let by_hand = out.find(&format!("notifications  photo-{bobs}: mail to bob\n"));
        assert!(by_hand > out.find("is tried again by hand"), "{out}");
    }
    assert!(out.contains(" delivered, 0 left\n"), "{out}");
    let (_, rows) = out.split_once("what was done about each:\n").unwrap_or_default();
    assert_eq!(rows.lines().count(), first + 5, "{out}");
    let all = |row: &str| ["kB, mail to ", "drawn"].iter().all(|step| row.contains(step));
    assert!(rows.lines().all(all), "{out}");
}

#[test]
fn it_tells_who_got_what_and_goes_on_when_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("uploads.db");
    for first in [1, 7] {
        check(&run("uploads", ["--db".as_ref(), file.as_os_str()]), first);
    }
}

#[test]
fn a_wrong_command_line_is_told() {
    let ran = run("uploads", ["--help"]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(2), "uploads: usage: uploads [--db FILE]\n"));
}
