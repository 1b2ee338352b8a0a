"""AWS Certificate Manager: certificates from request to end."""

CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMIIBaTCCAQ+gAwIBAgIUTest\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n"


def check(aws):
    acm = aws.client("acm")
    made = acm.request_certificate(DomainName="walk.example.com", ValidationMethod="DNS", Tags=[{"Key": "team", "Value": "web"}],
                                   SubjectAlternativeNames=["www.walk.example.com"])["CertificateArn"]
    named = {"CertificateArn": made}
    found = acm.describe_certificate(**named)["Certificate"]
    aws.expect("pending", (found["Status"], len(found["DomainValidationOptions"])), ("PENDING_VALIDATION", 2))
    aws.expect("record", found["DomainValidationOptions"][0]["ResourceRecord"]["Type"], "CNAME")
    aws.refused("RequestInProgressException", acm.get_certificate, **named)
    aws.advance(minutes=20)
    found = acm.describe_certificate(**named)["Certificate"]
    aws.expect("issued", (found["Status"], "NotAfter" in found, found["InUseBy"]), ("ISSUED", True, []))
    aws.expect("text", acm.get_certificate(**named)["Certificate"].startswith("-----BEGIN CERTIFICATE-----"))
    listed = acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
    aws.expect("listed", made in [one["CertificateArn"] for one in listed])
    acm.add_tags_to_certificate(Tags=[{"Key": "a", "Value": "b"}], **named)
    aws.expect("tags", len(acm.list_tags_for_certificate(**named)["Tags"]), 2)
    acm.remove_tags_from_certificate(Tags=[{"Key": "a"}], **named)
    acm.tag_resource(ResourceArn=made, Tags=[{"Key": "c", "Value": "d"}])
    acm.untag_resource(ResourceArn=made, TagKeys=["c"])
    aws.expect("tags left", acm.list_tags_for_resource(ResourceArn=made)["Tags"], [{"Key": "team", "Value": "web"}])
    acm.update_certificate_options(Options={"CertificateTransparencyLoggingPreference": "DISABLED"}, **named)
    aws.refused("ValidationException", acm.renew_certificate, **named)
    by_mail = acm.request_certificate(DomainName="mail.example.com", ValidationMethod="EMAIL")["CertificateArn"]
    acm.resend_validation_email(CertificateArn=by_mail, Domain="mail.example.com", ValidationDomain="example.com")
    exported = acm.request_certificate(DomainName="out.example.com", ValidationMethod="DNS", Options={"Export": "ENABLED"})["CertificateArn"]
    aws.advance(minutes=20)
    acm.renew_certificate(CertificateArn=exported)
    imported = acm.import_certificate(Certificate=CERTIFICATE, PrivateKey=KEY)["CertificateArn"]
    aws.expect("imported", acm.describe_certificate(CertificateArn=imported)["Certificate"]["Type"], "IMPORTED")
    acm.import_certificate(CertificateArn=imported, Certificate=CERTIFICATE, PrivateKey=KEY)
    aws.refused("ValidationException", acm.import_certificate, Certificate=b"nonsense", PrivateKey=KEY)
    acm.put_account_configuration(ExpiryEvents={"DaysBeforeExpiry": 30}, IdempotencyToken="walk")
    aws.expect("days", acm.get_account_configuration()["ExpiryEvents"]["DaysBeforeExpiry"], 30)
    aws.advance(days=400)
    aws.expect("expired", acm.describe_certificate(**named)["Certificate"]["Status"], "EXPIRED")
    acm.delete_certificate(**named)
    aws.refused("ResourceNotFoundException", acm.describe_certificate, **named)
    shown = aws.cli("acm list-certificates")
    if shown is not None:
        aws.expect("cli", "CertificateSummaryList" in shown)
