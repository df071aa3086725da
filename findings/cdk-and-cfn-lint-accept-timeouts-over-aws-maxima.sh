#!/usr/bin/env bash
# AWS documents a maximum for the timeouts of a WebSocket behind a CloudFront VPC origin, and neither CDK nor cfn-lint
# knows them: a template with any one of them far too long synthesises without a word and passes cfn-lint with status 0.
# Nothing before the deployment itself objects.
#
# Versions: aws-cdk-lib 2.276.0 and constructs 10.8.1 (npm) on Node 20, cfn-lint 1.58.0 (PyPI) on Python 3.11.
#
# Why it matters: a green synthesis and a green cfn-lint are often all that a pull request on a stack shows. Who relies
# on these numbers, such as a proxy whose own timeouts must be shorter, has to compare the template with the maxima.
#
# Seen on 2026-12-01:
#   aws-cdk-lib 2.276.0, cfn-lint 1.58.0
#   OriginReadTimeout 1000 (AWS: at most 180): synthesised, cfn-lint 0
#   OriginKeepaliveTimeout 1000 (AWS: at most 300): synthesised, cfn-lint 0
#   StopTimeout 500 (AWS: at most 120 on Fargate): synthesised, cfn-lint 0
#   deregistration_delay 4000 (AWS: at most 3600): synthesised, cfn-lint 0
#
# Exit status: 0 while the behaviour is as described, 1 if it changed, 2 if a package cannot be installed.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TMPDIR=$dir
cd "$dir"
command -v node npm python3 >/dev/null || exit 2
timeout 200 npm install --silent --no-audit --no-fund --ignore-scripts aws-cdk-lib@2.276.0 constructs@10.8.1 || exit 2
python3 -m venv venv
timeout 200 venv/bin/pip install -q --no-cache-dir --disable-pip-version-check cfn-lint==1.58.0 || exit 2

# Writes the template of a stack in which one setting is over AWS's maximum.
cat >stack.js <<'JS'
const cdk = require('aws-cdk-lib');
const cloudfront = require('aws-cdk-lib/aws-cloudfront');
const ecs = require('aws-cdk-lib/aws-ecs');
const elb = require('aws-cdk-lib/aws-elasticloadbalancingv2');
const ec2 = require('aws-cdk-lib/aws-ec2');
const fs = require('fs');

const [setting, value] = [process.argv[2], Number(process.argv[3])];
const app = new cdk.App({ analyticsReporting: false });
const stack = new cdk.Stack(app, 'S', { synthesizer: new cdk.LegacyStackSynthesizer() });
const arn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/0123456789abcdef';
if (setting.startsWith('Origin')) {
  const origin = new cloudfront.CfnVpcOrigin(stack, 'Origin', {
    vpcOriginEndpointConfig: { arn, name: 'a', originProtocolPolicy: 'http-only' },
  });
  const timeout = { OriginReadTimeout: 'originReadTimeout', OriginKeepaliveTimeout: 'originKeepaliveTimeout' };
  new cloudfront.CfnDistribution(stack, 'Distribution', {
    distributionConfig: {
      enabled: true,
      origins: [{
        id: 'o',
        domainName: 'a.example.com',
        vpcOriginConfig: { vpcOriginId: origin.attrId, [timeout[setting]]: value },
      }],
      defaultCacheBehavior: {
        targetOriginId: 'o',
        viewerProtocolPolicy: 'https-only',
        cachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      },
    },
  });
} else if (setting === 'StopTimeout') {
  const task = new ecs.FargateTaskDefinition(stack, 'Task');
  task.addContainer('a', {
    image: ecs.ContainerImage.fromRegistry('example.com/a:1'),
    stopTimeout: cdk.Duration.seconds(value),
  });
} else {
  new elb.ApplicationTargetGroup(stack, 'Group', {
    vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['eu-west-1a'] }),
    port: 80,
    targetType: elb.TargetType.IP,
    deregistrationDelay: cdk.Duration.seconds(value),
  });
}
fs.writeFileSync('template.json', JSON.stringify(app.synth().getStackByName('S').template, null, 1));
JS

status=0
try() {
  local synthesised='refused by CDK' lint='-'
  rm -f template.json
  if timeout 60 node stack.js "$1" "$2" >/dev/null 2>log.txt && grep -q "$2" template.json; then
    synthesised=synthesised
    lint=0
    timeout 60 venv/bin/cfn-lint --regions eu-west-1 --non-zero-exit-code error template.json >log.txt 2>&1 || lint=$?
  fi
  echo "$1 $2 (AWS: at most $3): $synthesised, cfn-lint $lint"
  [[ $synthesised == synthesised && $lint == 0 ]] || { status=1 && head -n 5 log.txt; }
}
echo 'aws-cdk-lib 2.276.0, cfn-lint 1.58.0'
try OriginReadTimeout 1000 180
try OriginKeepaliveTimeout 1000 300
try StopTimeout 500 '120 on Fargate'
try deregistration_delay 4000 3600
exit $status
