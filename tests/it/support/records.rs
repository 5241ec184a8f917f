//! Invented records, one function for all logs, with the odd bytes that real ones have.

use duo_integrator::base::UnixMillis;
use duo_integrator::record::LogType;

/// A record of a log. The number makes it itself: the same number gives the same bytes; in the
/// logs without ids, numbers that leave the same rest by ten give equal records.
pub fn record(log_type: LogType, at: UnixMillis, number: u64) -> String {
    let secs = at.floor_secs().0;
    let id = format!("{:08x}-0000-4000-8000-{:012x}", number % 7919, number);
    // Blanks, escapes and numbers that a reader and writer of JSON would write differently.
    let odd = match number % 4 {
        0 => r#""odd": "gr\u00fc\u00dfe \/ Grüße", "n":1.0e5"#,
        1 => r#""odd":[ ],  "n":-0.0,"big":12345678901234567890123"#,
        2 => "\"odd\":\"\\ud83d\\ude00 \u{1f600}\",\"twice\":1,\"twice\":2",
        _ => r#""odd":null"#,
    };
    match log_type {
        LogType::Authentication => format!(
            r#"{{"txid":"{id}","timestamp":{secs},"isotimestamp":"{at}","event_type":"authentication","result":"success","reason":"user_approved","factor":"duo_push","user":{{"key":"DU{number}","name":"user{}"}},"access_device":{{"ip":"192.0.2.{}"}},{odd}}}"#,
            number % 5,
            number % 200
        ),
        LogType::Activity => format!(
            r#"{{"activity_id":"{id}","ts":"{at}","action":{{"name":"user_update","details":null}},"actor":{{"name":"admin{}"}},{odd}}}"#,
            number % 3
        ),
        LogType::Telephony => format!(
            r#"{{"telephony_id":"{id}","ts":"{at}","context":"authentication","type":"sms","phone":"+15550100","credits":1,{odd}}}"#
        ),
        LogType::TrustMonitor => format!(
            r#"{{"sekey":"SE{number:018}","surfaced_timestamp":{},"type":"auth","state":"new",{odd}}}"#,
            at.0
        ),
        LogType::Administrator => format!(
            r#"{{"timestamp":{secs},"isotimestamp":"{}","action":"user_update","username":"Admin {}","object":"someone","description":"{{\"status\": \"Active\"}}"}}"#,
            at.floor_secs().to_millis(),
            number % 10
        ),
        LogType::OfflineEnrollment => format!(
            r#"{{"action":"o2fa_user_provisioned","description":"{{\"factor\": \"duo_otp\"}}","isotimestamp":"{}","object":"Laptops","timestamp":{secs},"username":"user{}"}}"#,
            at.floor_secs().to_millis(),
            number % 10
        ),
    }
}
