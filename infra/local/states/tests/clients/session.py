"""A session of boto3 as it comes from PyPI, against the engine at the address in argv[1].

Prints one line of JSON with what it saw; an assertion that fails ends it with a traceback.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client(
    "stepfunctions",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    # Without this, StartSyncExecution and TestState go to "sync-" and the host.
    config=Config(inject_host_prefix=False),
)
ROLE = "arn:aws:iam::000000000000:role/boto3"


def refused(name, call, /, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == name, error.response
        # Modelled errors are classes of the client: what people catch.
        if hasattr(client.exceptions, name):
            assert isinstance(error, getattr(client.exceptions, name))
        return error.response["Error"]["Message"]
    raise AssertionError(f"{call} was not refused")


def ended(execution):
    """The execution as it ended. What a SendTask call or a stop leads to at once has happened when it is answered."""
    told = client.describe_execution(executionArn=execution)
    assert told["status"] != "RUNNING", told
    return told


def events(execution):
    pages = client.get_paginator("get_execution_history")
    found = []
    for page in pages.paginate(executionArn=execution, PaginationConfig={"PageSize": 3}):
        found.extend(page["events"])
    assert [event["id"] for event in found] == list(range(1, len(found) + 1))
    return found


def token(execution):
    """The token of the execution's task, fetched by a worker: the call waits until there is one."""
    name = execution.rsplit(":", 1)[1]
    task = client.get_activity_task(activityArn=activity, workerName="hand")
    assert json.loads(task["input"])["of"] == name, task
    return task["taskToken"]


activity = client.create_activity(name="hands")["activityArn"]
definition = {
    "QueryLanguage": "JSONata",
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": activity,
            "Arguments": {"of": "{% $states.context.Execution.Name %}"},
            "HeartbeatSeconds": 600,
            "Next": "Done",
        },
        "Done": {"Type": "Pass", "Output": {"told": "{% $states.input %}"}, "End": True},
    },
}
checked = client.validate_state_machine_definition(definition=json.dumps(definition))
assert checked["result"] == "OK", checked
made = client.create_state_machine(
    name="boto3", definition=json.dumps(definition), roleArn=ROLE, tags=[{"key": "a", "value": "b"}]
)
machine = made["stateMachineArn"]
described = client.describe_state_machine(stateMachineArn=machine)
assert json.loads(described["definition"]) == definition and described["type"] == "STANDARD"
assert any(
    item["stateMachineArn"] == machine
    for page in client.get_paginator("list_state_machines").paginate()
    for item in page["stateMachines"]
)

# Success, with a heartbeat before it.
one = client.start_execution(stateMachineArn=machine, name="one", input='{"n": 1}')["executionArn"]
held = token(one)
client.send_task_heartbeat(taskToken=held)
client.send_task_success(taskToken=held, output='{"yes": true}')
told = ended(one)
assert told["status"] == "SUCCEEDED" and json.loads(told["output"]) == {"told": {"yes": True}}, told
assert told["startDate"] <= told["stopDate"]
types = [event["type"] for event in events(one)]
assert types == [
    "ExecutionStarted",
    "TaskStateEntered",
    "ActivityScheduled",
    "ActivityStarted",
    "ActivitySucceeded",
    "TaskStateExited",
    "PassStateEntered",
    "PassStateExited",
    "ExecutionSucceeded",
], types
assert client.get_execution_history(executionArn=one, reverseOrder=True, maxResults=1)["events"][0]["id"] == 9
refused("TaskTimedOut", client.send_task_success, taskToken=held, output="1")
refused("InvalidToken", client.send_task_success, taskToken="x", output="1")

# Failure, and a stop.
two = client.start_execution(stateMachineArn=machine, name="two")["executionArn"]
client.send_task_failure(taskToken=token(two), error="Busy", cause="later")
told = ended(two)
assert (told["status"], told["error"], told["cause"]) == ("FAILED", "Busy", "later"), told
three = client.start_execution(stateMachineArn=machine, name="three")["executionArn"]
token(three)
client.stop_execution(executionArn=three, error="Enough", cause="said so")
assert ended(three)["status"] == "ABORTED"

# Names, lists, tags.
refused("ExecutionAlreadyExists", client.start_execution, stateMachineArn=machine, name="one", input="{}")
refused("StateMachineDoesNotExist", client.describe_state_machine, stateMachineArn=machine + "x")
refused("InvalidDefinition", client.create_state_machine, name="bad", definition="{}", roleArn=ROLE)
refused("ExecutionDoesNotExist", client.describe_execution, executionArn=one + "x")
listed = client.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
assert [item["name"] for item in listed] == ["two"], listed
assert client.list_tags_for_resource(resourceArn=machine)["tags"] == [{"key": "a", "value": "b"}]
client.untag_resource(resourceArn=machine, tagKeys=["a"])
assert client.list_tags_for_resource(resourceArn=machine)["tags"] == []

# A new definition is for new executions; the old ones say what they ran.
definition["Comment"] = "second"
client.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition))
ran = client.describe_state_machine_for_execution(executionArn=one)
assert "Comment" not in json.loads(ran["definition"])

# Versions and aliases.
versions = "absent"
try:
    first = client.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
except ClientError as error:
    assert error.response["Error"]["Code"] == "UnknownOperationException", error.response
else:
    versions = "there"
    assert first == machine + ":1", first
    alias = client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": first, "weight": 100}]
    )["stateMachineAliasArn"]
    assert alias == machine + ":live", alias
    four = client.start_execution(stateMachineArn=alias, name="four")["executionArn"]
    assert client.describe_execution(executionArn=four)["stateMachineVersionArn"] == first
    client.stop_execution(executionArn=four)
    client.delete_state_machine_alias(stateMachineAliasArn=alias)
    client.delete_state_machine_version(stateMachineVersionArn=first)

# An Express execution that is waited for, and a state by itself.
express = client.create_state_machine(
    name="express",
    definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 7, "End": True}}}),
    roleArn=ROLE,
    type="EXPRESS",
)["stateMachineArn"]
told = client.start_sync_execution(stateMachineArn=express)
assert (told["status"], told["output"]) == ("SUCCEEDED", "7"), told
told = client.test_state(
    definition=json.dumps({"QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% $states.input.a %}", "End": True}),
    input='{"a": 5}',
)
assert (told["status"], told["output"]) == ("SUCCEEDED", "5"), told
client.delete_state_machine(stateMachineArn=express)

client.delete_activity(activityArn=activity)
client.delete_state_machine(stateMachineArn=machine)
print(json.dumps({"boto3": boto3.__version__, "versions": versions}))
