//! Every runbook that comes with Reeve, run on the simulated AWS: what it makes of what was there before, that doing it again
//! changes nothing, and what it refuses.

mod access;
mod databases;
mod documents;
mod evidence;
mod instances;
mod network;
mod objects;
mod volumes;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use reeve_app::{
    App,
    executions::{ExecutionDetail, Library, NamedRunbook, StartRequest, Word},
};
use reeve_aws::Target;
use reeve_model::{catalog, permissions_for};
use reeve_runbook::Runbook;
use reeve_twin::ServedCall;
use reeve_types::Partition;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    die::live_long,
    executions::{ana, carry_out, latest, summaries},
    world::{SHOP, World},
};

/// An account of the simulated AWS, and the product over it.
struct Scene<'a> {
    app: &'a App,
    world: &'a World,
}

impl<'a> Scene<'a> {
    /// With the network that a new account has.
    async fn begun(app: &'a App, world: &'a World) -> Self {
        let scene = Self { app, world };
        scene.call("ec2", "CreateDefaultVpc", json!({})).await;
        scene
    }

    fn target() -> Target {
        Target {
            account: Some(SHOP.parse().unwrap()),
            region: "eu-west-1".parse().unwrap(),
            actor: "test".to_owned(),
            reason: None,
            role: None,
        }
    }

    /// Calls AWS as somebody else would.
    async fn call(&self, service: &str, operation: &str, input: Value) -> Value {
        let (target, client) = (Self::target(), &self.app.client);
        let input = client.read_input(&target, (service, operation), &input).unwrap();
        client.call(&target, service, operation, input).await.unwrap().to_json()
    }

    /// Time passes.
    fn wait(&self, minutes: i64) {
        self.app.clock.set(self.app.clock.now() + SignedDuration::from_mins(minutes));
    }

    /// Runs a runbook as far as it goes without anybody.
    async fn begin(&self, name: &str, parameters: Value) -> ExecutionDetail {
        let request = StartRequest {
            runbook: Library::shipped().get(name).unwrap().clone(),
            account: SHOP.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            parameters: parameters.as_object().unwrap().clone(),
            reason: String::new(),
        };
        let before = self.world.twin.calls().len();
        self.app.start_execution(&ana(), &request).await.unwrap();
        carry_out(self.app).await;
        self.assert_permitted(&request.runbook, before);
        latest(self.app).await
    }

    /// What a runbook called since so many calls is what its policy allows.
    fn assert_permitted(&self, runbook: &NamedRunbook, since: usize) {
        let read = Runbook::parse(&runbook.name, &runbook.text, runbook.format).unwrap().runbook;
        let permissions = read.permissions(Partition::Standard).needed;
        let allowed: BTreeSet<&str> = permissions.iter().map(|it| it.action.as_str()).collect();
        let calls = self.world.twin.calls();
        let calls = calls.get(since..).unwrap_or_default().iter();
        for call in calls.filter(|call| call.service != "sts") {
            let service = catalog().service(&call.service).unwrap();
            let operation = service.operation(&call.operation).unwrap();
            for needed in permissions_for(&service, operation).required {
                assert!(allowed.contains(needed.as_str()), "{}: {needed}", runbook.name);
            }
        }
    }

    /// Somebody says something to the last execution, which goes on.
    async fn say(&self, word: Word) -> ExecutionDetail {
        self.app.tell_execution(&ana(), "latest", (word, "")).await.unwrap();
        carry_out(self.app).await;
        latest(self.app).await
    }

    /// Runs a runbook to its end and returns its outputs.
    async fn run(&self, name: &str, parameters: Value) -> Value {
        let detail = self.begin(name, parameters).await;
        assert_eq!(detail.execution.status, "Success", "{name}: {:#?}", summaries(&detail));
        Value::Object(detail.outputs)
    }

    /// Runs a runbook again, which changes nothing.
    async fn run_again(&self, name: &str, parameters: Value) -> Value {
        let before = self.changes();
        let told = self.run(name, parameters).await;
        let after = self.changes();
        assert_eq!(after.get(before.len()..).unwrap_or_default(), Vec::<String>::new(), "{name}");
        told
    }

    /// Runs a runbook that changes nothing, and fails for this reason.
    async fn refused(&self, name: &str, parameters: Value, because: &str) {
        let before = self.changes();
        let detail = self.begin(name, parameters).await;
        assert_eq!(detail.execution.status, "Failed", "{name}: {:#?}", summaries(&detail));
        let said = summaries(&detail).join("\n");
        assert!(said.contains(because), "{name}: {said}");
        assert_eq!(self.changes(), before, "{name}");
    }

    /// Starts a runbook with parameters that it does not take.
    async fn not_started(&self, name: &str, parameters: Value, because: &str) {
        let request = StartRequest {
            runbook: Library::shipped().get(name).unwrap().clone(),
            account: SHOP.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            parameters: parameters.as_object().unwrap().clone(),
            reason: String::new(),
        };
        let error = self.app.start_execution(&ana(), &request).await.unwrap_err();
        assert!(error.to_string().contains(because), "{name}: {error}");
    }

    /// The calls that a runbook would make which change something, in order.
    async fn dry_run(&self, name: &str, parameters: Value) -> Vec<String> {
        let request = StartRequest {
            runbook: Library::shipped().get(name).unwrap().clone(),
            account: SHOP.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            parameters: parameters.as_object().unwrap().clone(),
            reason: String::new(),
        };
        let before = self.changes();
        let view = self.app.dry_run(&ana(), &request).await.unwrap();
        assert_eq!(self.changes(), before, "a dry run of {name} changed something");
        view.entries.into_iter().filter_map(|entry| entry.call).collect()
    }

    /// The calls so far that changed something.
    fn changes(&self) -> Vec<String> {
        let shown = |call: &ServedCall| format!("{}:{}", call.service, call.operation);
        let calls = self.world.changes();
        calls.iter().map(shown).filter(|call| call != "sts:AssumeRole").collect()
    }

    /// A running instance with this profile, if any.
    async fn instance(&self, image: &str, profile: Option<&str>) -> String {
        let image = self.call("ssm", "GetParameter", json!({ "Name": image })).await;
        let mut input = json!({
            "ImageId": image["Parameter"]["Value"], "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.medium",
        });
        if let Some(profile) = profile {
            input["IamInstanceProfile"] = json!({ "Name": profile });
        }
        let made = self.call("ec2", "RunInstances", input).await;
        self.wait(10);
        text(&made["Instances"][0]["InstanceId"])
    }

    /// A running instance that Systems Manager manages.
    async fn managed_instance(&self, image: &str) -> String {
        self.profile("managed").await;
        self.instance(image, Some("managed")).await
    }

    /// An instance profile whose role lets Systems Manager manage instances.
    async fn profile(&self, name: &str) {
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ]});
        let policy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
        let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
        self.call("iam", "CreateRole", role).await;
        let attached = json!({"RoleName": name, "PolicyArn": policy});
        self.call("iam", "AttachRolePolicy", attached).await;
        self.call("iam", "CreateInstanceProfile", json!({"InstanceProfileName": name})).await;
        let inside = json!({"InstanceProfileName": name, "RoleName": name});
        self.call("iam", "AddRoleToInstanceProfile", inside).await;
    }

    /// An instance as EC2 describes it.
    async fn described(&self, instance: &str) -> Value {
        let found = self.call("ec2", "DescribeInstances", json!({"InstanceIds": [instance]})).await;
        found["Reservations"][0]["Instances"][0].clone()
    }

    /// An instance of the Auto Scaling group `web`.
    async fn member(&self) -> String {
        let image = self.call("ssm", "GetParameter", json!({ "Name": LINUX })).await;
        let data = json!({"ImageId": image["Parameter"]["Value"], "InstanceType": "t3.micro"});
        let template = json!({"LaunchTemplateName": "web", "LaunchTemplateData": data});
        self.call("ec2", "CreateLaunchTemplate", template).await;
        let subnets = self.call("ec2", "DescribeSubnets", json!({})).await;
        let group = json!({
            "AutoScalingGroupName": "web", "LaunchTemplate": {"LaunchTemplateName": "web"},
            "MinSize": 0, "MaxSize": 4, "DesiredCapacity": 1,
            "VPCZoneIdentifier": subnets["Subnets"][0]["SubnetId"],
        });
        self.call("autoscaling", "CreateAutoScalingGroup", group).await;
        self.wait(10);
        let found = self.call("autoscaling", "DescribeAutoScalingInstances", json!({})).await;
        text(&found["AutoScalingInstances"][0]["InstanceId"])
    }

    /// A target group that an instance is in.
    async fn target_group(&self, instance: &str) -> Value {
        let vpc = self.described(instance).await["VpcId"].clone();
        let input = json!({"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc});
        let made = self.call("elbv2", "CreateTargetGroup", input).await;
        let arn = made["TargetGroups"][0]["TargetGroupArn"].clone();
        let input = json!({"TargetGroupArn": arn, "Targets": [{"Id": instance}]});
        self.call("elbv2", "RegisterTargets", input).await;
        self.wait(2);
        arn
    }

    /// The root volume of an instance.
    async fn root_volume(&self, instance: &str) -> String {
        let described = self.described(instance).await;
        let mappings = described["BlockDeviceMappings"].as_array().unwrap();
        let root = mappings.iter().find(|it| it["DeviceName"] == described["RootDeviceName"]);
        text(&root.unwrap()["Ebs"]["VolumeId"])
    }
}

const LINUX: &str = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2";
const WINDOWS: &str = "/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn on_aws(test: impl AsyncFnOnce(Scene<'_>)) {
    let world = World::new("");
    live_long(&world, async |app| test(Scene::begun(app, &world).await).await);
}

/// The same where scripts of runbooks reach AWS too, by a socket.
fn on_served_aws(test: impl AsyncFnOnce(Scene<'_>)) {
    let mut world = World::new("");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    world.served_at(&format!("http://{}", listener.local_addr().unwrap()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let twin = world.twin.clone();
    let serving = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            twin.serve(listener, async { drop(stopped.await) }).await.unwrap();
        });
    });
    live_long(&world, async |app| test(Scene::begun(app, &world).await).await);
    drop(stop);
    serving.join().unwrap();
}
