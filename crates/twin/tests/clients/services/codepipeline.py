"""Pipelines, executions, approvals."""


def action(name, category, provider, **configuration):
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "configuration": configuration}


def check(aws):
    pipelines = aws.client("codepipeline")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="pipeline-source", CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_object(Bucket="pipeline-source", Key="app.zip", Body=b"zip")
    pipeline = {
        "name": "release", "roleArn": f"arn:aws:iam::{aws.management}:role/pipeline",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [
            {"name": "Source", "actions": [action("Fetch", "Source", "S3", S3Bucket="pipeline-source", S3ObjectKey="app.zip")]},
            {"name": "Approve", "actions": [action("Sign", "Approval", "Manual")]},
            {"name": "Release", "actions": [action("Call", "Invoke", "Lambda", FunctionName="no-such-function")]},
        ],
    }
    pipelines.create_pipeline(pipeline=pipeline, tags=[{"key": "a", "value": "b"}])
    aws.refused("PipelineNameInUseException", pipelines.create_pipeline, pipeline=pipeline)
    aws.expect("list", pipelines.list_pipelines()["pipelines"][0]["name"], "release")
    pipelines.update_pipeline(pipeline=pipeline)
    found = pipelines.get_pipeline(name="release")
    aws.expect("version", found["pipeline"]["version"], 2)
    arn = found["metadata"]["pipelineArn"]
    pipelines.tag_resource(resourceArn=arn, tags=[{"key": "c", "value": "d"}])
    pipelines.untag_resource(resourceArn=arn, tagKeys=["c"])
    aws.expect("tags", pipelines.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "a", "value": "b"}])
    pipelines.disable_stage_transition(pipelineName="release", stageName="Approve", transitionType="Inbound", reason="freeze")
    one = pipelines.start_pipeline_execution(name="release")["pipelineExecutionId"]
    aws.advance(minutes=2)
    stages = pipelines.get_pipeline_state(name="release")["stageStates"]
    aws.expect("frozen", (stages[0]["latestExecution"]["status"], stages[1].get("latestExecution")), ("Succeeded", None))
    pipelines.enable_stage_transition(pipelineName="release", stageName="Approve", transitionType="Inbound")
    aws.advance(minutes=2)
    token = pipelines.get_pipeline_state(name="release")["stageStates"][1]["actionStates"][0]["latestExecution"]["token"]
    result = {"summary": "fine", "status": "Approved"}
    where = {"pipelineName": "release", "stageName": "Approve", "actionName": "Sign"}
    aws.refused("InvalidApprovalTokenException", pipelines.put_approval_result, result=result, token="0" * 8 + "-0000-0000-0000-" + "0" * 12, **where)
    pipelines.put_approval_result(result=result, token=token, **where)
    aws.advance(minutes=2)
    aws.expect("failed", pipelines.get_pipeline_execution(pipelineName="release", pipelineExecutionId=one)["pipelineExecution"]["status"], "Failed")
    pipelines.retry_stage_execution(pipelineName="release", stageName="Release", pipelineExecutionId=one, retryMode="FAILED_ACTIONS")
    pipelines.stop_pipeline_execution(pipelineName="release", pipelineExecutionId=one, reason="enough")
    aws.advance(minutes=1)
    aws.expect("stopped", pipelines.list_pipeline_executions(pipelineName="release")["pipelineExecutionSummaries"][0]["status"], "Stopped")
    aws.expect("actions", len(pipelines.list_action_executions(pipelineName="release")["actionExecutionDetails"]) >= 3)
    pipelines.delete_pipeline(name="release")
    aws.refused("PipelineNotFoundException", pipelines.get_pipeline, name="release")
