//! Documents are refused with everything that is wrong with them, each with its place.

use insta::assert_snapshot;
use reeve_runbook::{Format, Runbook};

fn check(text: &str) -> String {
    match Runbook::parse("x.yaml", text, Format::Yaml) {
        Ok(checked) if checked.warnings.is_empty() => "fine".to_owned(),
        Ok(checked) => {
            let warnings = checked.warnings.iter().map(ToString::to_string);
            warnings.collect::<Vec<_>>().join("\n")
        }
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn everything_wrong_is_said_at_once_and_where() {
    let text = "schemaVersion: 0.3
assumeRole: '{{ Rolle }}'
parameter: {}
parameters:
  Role: {type: Strin}
  Id: {type: 'AWS::EC2::Instance::Id', allowedPattern: '(', maxChars: -1}
  Count: {type: Integer, default: many}
mainSteps:
- name: one
  action: aws:slep
  inputs: {Duration: PT1S}
- name: two
  action: aws:executeAwsApi
  nextStep: thre
  timeoutSeconds: 0
  onFailure: Retry
  inputs: {Service: ec2, Id: '{{ one.Out }} {{ glob:X }} {{ two.X }}'}
  outputs: [{Name: X, Selector: '$.[', Type: Text}]
- name: two
  action: aws:sleep
  inputs: {Duration: [PT1S, PT2S], Until: x}
- name: way
  action: aws:branch
  inputs:
    Choices:
    - {NextStep: nowhere, Variable: '{{ Id }}', StringEqual: a}
    - {Variable: '{{ Id }}', StringEquals: a}
    - {NextStep: two, Or: [{Variable: '{{ Id }}', StringEquals: a}]}
outputs: [two.Y, two]
";
    assert_snapshot!(check(text), @r"
    x.yaml:1:16: schemaVersion: the version is a string
      hint: put it in quotes: '0.3'
    x.yaml:2:13: assumeRole: `{{ Rolle }}`: there is no parameter and no step `Rolle`
    x.yaml:3:1: parameter: unknown key
      hint: did you mean `parameters`?
    x.yaml:5:16: parameters.Role.type: `Strin` is no type
      hint: did you mean `String`?
    x.yaml:6:56: parameters.Id.allowedPattern: `(` is no regular expression: Parsing error at position 1: Opening parenthesis without closing parenthesis
    x.yaml:6:71: parameters.Id.maxChars: expected a count, found the number `-1`
    x.yaml:7:35: parameters.Count.default: expected an Integer, found the text `many`
    x.yaml:10:11: mainSteps[0].action: `aws:slep` is no action
      hint: did you mean `aws:sleep`?
    x.yaml:12:3: mainSteps[1].inputs: `aws:executeAwsApi` needs the input `Api`
    x.yaml:14:13: mainSteps[1].nextStep: there is no step `thre` here
    x.yaml:15:19: mainSteps[1].timeoutSeconds: `timeoutSeconds` is a whole number from 1
    x.yaml:16:14: mainSteps[1].onFailure: expected `Abort`, `Continue` or `step:NAME`, found the string `Retry`
    x.yaml:17:30: mainSteps[1].inputs.Id: `glob:` is no known prefix (global, automation, variable, ssm)
    x.yaml:18:33: mainSteps[1].outputs[0].Selector: `$.[` is no JSONPath: at position 2, in dot member name, must start with lowercase alpha or '_'
    x.yaml:18:46: mainSteps[1].outputs[0].Type: expected one of `String`, `StringList`, `Integer`, `Boolean`, `StringMap`, `MapList`, found `Text`
    x.yaml:19:3: mainSteps[2]: the name `two` belongs to another step, in line 12
    x.yaml:19:3: mainSteps[2]: the steps come round to themselves: two → way → two
      hint: use `aws:loop` to repeat steps
    x.yaml:21:43: mainSteps[2].inputs.Until: `aws:sleep` takes no input `Until`
      hint: known here: Duration, Timestamp
    x.yaml:26:62: mainSteps[3].inputs.Choices[0].StringEqual: `StringEqual` is no operator
      hint: did you mean `StringEquals`?
    x.yaml:27:7: mainSteps[3].inputs.Choices[1]: the key `NextStep` is missing
    x.yaml:28:27: mainSteps[3].inputs.Choices[2].Or: `Or` takes 2 conditions at least, found 1
    x.yaml:29:11: outputs[0]: `{{ two.Y }}`: step `two` has no output `Y`
    x.yaml:29:18: outputs[1]: `{{ two }}`: one of the outputs of step `two` must be named
    ");
}

#[test]
fn what_fits_alone_may_not_fit_together() {
    let text = "schemaVersion: '0.3'
parameters:
  Ids: {type: StringList}
variables:
  v: {type: String}
mainSteps:
- name: a
  action: aws:executeAwsApi
  nextStep: b
  onCancel: step:s
  inputs: {Service: ec2, Api: StopInstances, InstanceIds: '{{ Id }}', X: '{{ c.Nothing }}', Y: '{{ Ids.Key }}', Z: '{{ variable:w }}'}
- {name: b, action: 'aws:sleep', inputs: {Duration: PT1S}, nextStep: a}
- {name: s, action: 'aws:sleep', inputs: {Duration: PT1S, Length: 1}}
- name: c
  action: aws:executeScript
  inputs: {Runtime: python4, Script: 'def f(e, c): return 1'}
- {name: d, action: 'aws:changeInstanceState', inputs: {InstanceIds: [a], DesiredState: stoped, Force: maybe}}
- {name: loop, action: 'aws:loop', onCancel: 'step:b', inputs: {Iterators: '{{ Ids }}', Steps: [{name: in, action: 'aws:sleep', inputs: {Duration: PT1S}, nextStep: outt}]}}
outputs: ['{{ a.Gone }}']
";
    assert_snapshot!(check(text), @r"
    x.yaml:7:3: mainSteps[0]: the steps come round to themselves: a → b → a
      hint: use `aws:loop` to repeat steps
    x.yaml:10:13: mainSteps[0].onCancel: step `s` cannot come after a cancellation: `aws:sleep` may not
    x.yaml:11:59: mainSteps[0].inputs.InstanceIds: `{{ Id }}`: there is no parameter and no step `Id`
    x.yaml:11:74: mainSteps[0].inputs.X: `{{ c.Nothing }}`: step `c` has no output `Nothing`
    x.yaml:11:96: mainSteps[0].inputs.Y: `{{ Ids.Key }}`: nothing is inside a StringList
    x.yaml:11:116: mainSteps[0].inputs.Z: `{{ variable:w }}`: there is no variable `w`
    x.yaml:13:67: mainSteps[2].inputs.Length: `aws:sleep` takes no input `Length`
      hint: known here: Duration, Timestamp
    x.yaml:14:3: mainSteps[3].inputs: a script in Python needs the input `Handler`
    x.yaml:16:21: mainSteps[3].inputs.Runtime: `python4` is none of python3.6, python3.7, python3.8, python3.9, python3.10, python3.11, python3.12, python3.13, PowerShell Core 6.0, PowerShell 7.0, PowerShell 7.4
    x.yaml:17:89: mainSteps[4].inputs.DesiredState: `stoped` is none of running, stopped, terminated
      hint: did you mean `stopped`?
    x.yaml:17:104: mainSteps[4].inputs.Force: expected a Boolean, found the text `maybe`
    x.yaml:18:3: mainSteps[5]: `aws:loop` cannot have `onCancel`
    x.yaml:18:46: mainSteps[5].onCancel: step `b` cannot come after a cancellation: `aws:sleep` may not
    x.yaml:18:165: mainSteps[5].inputs.Steps[0].nextStep: there is no step `outt` here
    x.yaml:19:11: outputs[0]: `{{ a.Gone }}`: step `a` has no output `Gone`
    ");
}

#[test]
fn what_is_accepted_and_odd_is_a_warning() {
    let text = "schemaVersion: '0.3'
parameters:
  Unused: {type: String, default: ''}
mainSteps:
- {name: a, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: StopInstances, InstanceId: x}, isEnd: true}
- {name: b, action: 'aws:executeAwsApi', inputs: {Service: ecc2, Api: StopInstances}}
- {name: c, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: StopInstance}}
- {name: d, action: 'aws:executeScript', inputs: {Runtime: python3.11, Handler: g, Script: 'def f(e, c): return 1'}}
";
    assert_snapshot!(check(text), @r"
    3:3: parameters.Unused: parameter `Unused` is never used
    5:3: mainSteps[0].inputs: `StopInstances` needs the member `InstanceIds`
    5:97: mainSteps[0].inputs.InstanceId: `StopInstances` has no member `InstanceId`
      hint: did you mean `InstanceIds`?
    6:3: mainSteps[1]: step `b` can never run
    6:60: mainSteps[1].inputs.Service: no AWS service is called `ecc2`; did you mean `ec2`?
    7:3: mainSteps[2]: step `c` can never run
    7:70: mainSteps[2].inputs.Api: `ec2` has no operation `StopInstance`; did you mean `StopInstances`?
    8:3: mainSteps[3]: step `d` can never run
    8:92: mainSteps[3].inputs.Script: no function `g` is defined in the script
    ");
}

#[test]
fn texts_that_are_no_runbooks_are_refused() {
    assert_snapshot!(check("- a"), @r"x.yaml:1:1: expected a map, found a list");
    assert_snapshot!(check("schemaVersion: '2.2'\nmainSteps: []"), @r"
    x.yaml:1:16: schemaVersion: an Automation document has the version '0.3', found the string `2.2`
    x.yaml:2:12: mainSteps: a runbook has one step at least
    ");
    assert_snapshot!(check("{"), @r"x.yaml:2:1: while parsing a node, did not find expected node content");
}
