//! File systems.

use serde_json::json;

use crate::aws::Aws;

#[test]
fn a_file_system_with_a_token_that_came_before_is_refused_and_named() {
    let aws = Aws::small();
    let made = aws.call("efs", "CreateFileSystem", json!({"CreationToken": "once"}));
    for input in
        [json!({"CreationToken": "once"}), json!({"CreationToken": "once", "Encrypted": true})]
    {
        let (code, message) = aws.try_call("efs", "CreateFileSystem", input).unwrap_err();
        assert_eq!(code, "FileSystemAlreadyExists");
        assert!(message.contains(made["FileSystemId"].as_str().unwrap()), "{message}");
    }
    aws.call("efs", "CreateFileSystem", json!({"CreationToken": "twice"}));
}
