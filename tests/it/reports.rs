use crate::support::stored::Stored;
use duo_integrator::record::LogType;
use std::fs;

#[test]
#[ignore = "for looking"]
fn look() {
    let mut records = Vec::new();
    for (file, log_type) in [
        ("authentication", LogType::Authentication),
        ("authentication_all_reasons", LogType::Authentication),
        ("activity", LogType::Activity),
        ("administrator", LogType::Administrator),
        ("telephony", LogType::Telephony),
        ("offline_enrollment", LogType::OfflineEnrollment),
    ] {
        for line in fs::read_to_string(format!("/work/shared/reference/samples/{file}.jsonl"))
            .unwrap()
            .lines()
        {
            records.push((log_type, line.to_owned()));
        }
    }
    let stored = Stored::with(&records);
    fs::create_dir_all("/tmp/scr/look").unwrap();
    let list = stored.run(&["report", "list"]).exits(0);
    println!("{}", list.out);
    for line in list.out.lines() {
        let id = line.split(' ').next().unwrap();
        for format in ["csv", "pdf", "html", "xlsx", "jsonl"] {
            let path = format!("/tmp/scr/look/{id}.{format}");
            let ran = stored.run(&[
                "report",
                "run",
                id,
                "--output",
                &path,
                "--zone",
                "Europe/Berlin",
                "--until",
                "2026-11-23",
            ]);
            println!("{} {} {}", ran.code, ran.out, ran.err);
        }
    }
}
