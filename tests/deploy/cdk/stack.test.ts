// What the template says, for each variant of the stack.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_VARIABLE } from '../src/sidecar_config.js';
import { NAMES, settingsOf } from '../src/settings.js';
import { allOf, attributesOf, containerOf, DOMAIN, onlyOf, variableOf, type Template } from '../src/template.js';
import { templateOf, VARIANTS } from './synthesis.js';

const each = (name: string, check: (template: Template) => void): void => {
  for (const variant of Object.keys(VARIANTS)) test(`${variant}: ${name}`, () => check(templateOf(variant)));
};

const sidecar = (template: Template): any => JSON.parse(variableOf(template, 'sidecar', CONFIG_VARIABLE));

each('no subnet has a route to the Internet, and the gateway is attached', (template) => {
  assert.equal(allOf(template, 'AWS::EC2::Route').length, 0);
  assert.equal(allOf(template, 'AWS::EC2::NatGateway').length, 0);
  assert.equal(allOf(template, 'AWS::EC2::VPCGatewayAttachment').length, 1);
  for (const { properties } of allOf(template, 'AWS::EC2::Subnet')) assert.equal(properties.MapPublicIpOnLaunch, false);
});

each('account, region and zones are left to CloudFormation, and nothing is an asset', (template) => {
  const text = JSON.stringify(template);
  assert.doesNotMatch(text, /dummy1|cdk-hnb659fds|BootstrapVersion|us-east-1[a-z]/);
  for (const { properties } of allOf(template, 'AWS::EC2::Subnet')) {
    assert.deepEqual(properties.AvailabilityZone['Fn::Select'][1], { 'Fn::GetAZs': '' });
  }
  assert.ok(text.length <= 51200, `${text.length} bytes: more than CloudFormation takes without a bucket`);
});

each('the balancer is internal, and CloudFront alone gets in', (template) => {
  assert.equal(onlyOf(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').properties.Scheme, 'internal');
  const groups = allOf(template, 'AWS::EC2::SecurityGroup');
  const inline = groups.flatMap(({ properties }) => properties.SecurityGroupIngress ?? []);
  const rules = [...inline, ...allOf(template, 'AWS::EC2::SecurityGroupIngress').map(({ properties }) => properties)];
  assert.ok(rules.every((rule) => rule.CidrIp === undefined && rule.CidrIpv6 === undefined));
  const outside = rules.filter((rule) => rule.FromPort === 80);
  assert.equal(outside.length, 1);
  const source = outside[0].SourcePrefixListId ?? outside[0].SourceSecurityGroupId;
  assert.deepEqual(source, { Ref: 'CloudFrontSource' });
});

each('the VPC origin is one, in plain HTTP to port 80', (template) => {
  const { VpcOriginEndpointConfig: config } = onlyOf(template, 'AWS::CloudFront::VpcOrigin').properties;
  assert.equal(config.OriginProtocolPolicy, 'http-only');
  assert.equal(config.HTTPPort, 80);
});

each('the distribution caches nothing and passes everything on, with the secret header', (template) => {
  const { DistributionConfig: config } = onlyOf(template, 'AWS::CloudFront::Distribution').properties;
  assert.equal(config.DefaultCacheBehavior.CachePolicyId, '4135ea2d-6df8-44a3-9df3-4b5a84be39ad');
  assert.equal(config.DefaultCacheBehavior.OriginRequestPolicyId, '216adef6-5c7f-47e4-b989-5492eafa07d3');
  assert.equal(config.DefaultCacheBehavior.ViewerProtocolPolicy, 'redirect-to-https');
  assert.equal(config.Origins.length, 1);
  assert.ok(!('ResponseCompletionTimeout' in config.Origins[0]));
  const [header, ...more] = config.Origins[0].OriginCustomHeaders;
  assert.deepEqual(more, []);
  assert.equal(header.HeaderName, 'x-origin-verify');
  assert.match(JSON.stringify(header.HeaderValue), /\{\{resolve:secretsmanager:.*:SecretString:HEADERVALUE::\}\}/);
});

each(
  'containers run as 65532 with a read-only root, without capabilities, and are asked for their health',
  (template) => {
    for (const name of ['sidecar', 'chat']) {
      const container = containerOf(template, name);
      assert.equal(container.User, '65532:65532');
      assert.equal(container.ReadonlyRootFilesystem, true);
      assert.deepEqual(container.LinuxParameters.Capabilities, { Drop: ['ALL'] });
      assert.deepEqual(container.HealthCheck.Command, ['CMD', `/viaduct-${name}`, 'healthcheck']);
      assert.deepEqual(container.Command, ['--config', 'env:VIADUCT_CONFIG']);
      assert.deepEqual(container.MountPoints, [
        { ContainerPath: '/run/viaduct', ReadOnly: false, SourceVolume: 'run' },
      ]);
    }
  },
);

each(
  'the sidecar starts after the chat and so stops before it, within a stopTimeout that Fargate takes',
  (template) => {
    const container = containerOf(template, 'sidecar');
    assert.deepEqual(container.DependsOn, [{ Condition: 'HEALTHY', ContainerName: 'chat' }]);
    assert.equal(container.StopTimeout, 120);
    assert.equal(containerOf(template, 'chat').DependsOn, undefined);
  },
);

each('the sidecar gets the whole origin secret as a secret, and the config names both of its members', (template) => {
  const [secret, ...more] = containerOf(template, 'sidecar').Secrets;
  assert.deepEqual(more, []);
  assert.equal(secret.Name, 'VIADUCT_ORIGIN_SECRET');
  assert.ok('Ref' in secret.ValueFrom);
  const { sources } = sidecar(template).vpc_origin.secret;
  assert.deepEqual(
    sources.map(({ json_key: key, may_be_absent: optional }: any) => [key, optional]),
    [
      ['HEADERVALUE', undefined],
      ['NEXTVALUE', true],
    ],
  );
});

each('a deployment succeeds with the new tasks, and the old ones leave later', (template) => {
  const { DeploymentConfiguration: config } = onlyOf(template, 'AWS::ECS::Service').properties;
  assert.deepEqual(config.EarlySuccessCriteria, {
    Enable: true,
    HealthyPercent: 100,
    SourceServiceRevisionCleanup: 'DEFERRED',
  });
  assert.deepEqual(config.DeploymentCircuitBreaker, { Enable: true, Rollback: true });
  assert.deepEqual([config.MinimumHealthyPercent, config.MaximumPercent], [100, 200]);
});

each('the number of tasks follows the open tunnels', (template) => {
  const { properties } = onlyOf(template, 'AWS::ApplicationAutoScaling::ScalingPolicy');
  const { Metrics: metrics } = properties.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification;
  const nlb = sidecar(template).vpc_origin.mode === 'NLB';
  assert.equal(metrics[0].MetricStat.Metric.MetricName, nlb ? 'ActiveFlowCount' : 'ActiveConnectionCount');
  assert.equal(metrics[2].Expression, nlb ? 'tunnels / (1 * tasks)' : 'tunnels / (2 * tasks)');
  const cluster = onlyOf(template, 'AWS::ECS::Cluster').properties;
  assert.deepEqual(cluster.ClusterSettings, [{ Name: 'containerInsights', Value: 'enabled' }]);
});

each('logs are kept for 30 days', (template) => {
  const groups = allOf(template, 'AWS::Logs::LogGroup');
  assert.equal(groups.length, 3);
  for (const { properties } of groups) assert.equal(properties.RetentionInDays, 30);
});

each('the rotation may change this distribution, this service and this secret only', (template) => {
  const statements = allOf(template, 'AWS::IAM::Policy')
    .filter(({ id }) => id.startsWith('RotationRole'))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement);
  const writes = statements.filter(({ Action }) => /Update|Put|Tag/.test(JSON.stringify(Action)));
  assert.ok(writes.length >= 3);
  for (const { Resource } of writes) assert.doesNotMatch(JSON.stringify(Resource), /"\*"/);
  const { SourceAccount: account } = onlyOf(template, 'AWS::Lambda::Permission').properties;
  assert.deepEqual(account, { Ref: 'AWS::AccountId' });
  const schedule = onlyOf(template, 'AWS::SecretsManager::RotationSchedule').properties;
  assert.equal(schedule.RotationRules.ScheduleExpression, 'rate(30 days)');
});

test('task protection takes a permission for tasks of the cluster', () => {
  const of = (variant: string): boolean => JSON.stringify(templateOf(variant)).includes('ecs:UpdateTaskProtection');
  assert.equal(of('plain'), true);
  assert.equal(sidecar(templateOf('plain')).ecs.task_protection.enabled, true);
  assert.equal(of('nlb'), false);
  assert.equal(sidecar(templateOf('nlb')).ecs.task_protection.enabled, false);
});

test('behind an NLB the PROXY header says who spoke to it, and peers are its own addresses', () => {
  const template = templateOf('nlb');
  const targets = attributesOf(
    onlyOf(template, 'AWS::ElasticLoadBalancingV2::TargetGroup').properties.TargetGroupAttributes,
  );
  assert.equal(targets.get('proxy_protocol_v2.enabled'), 'true');
  assert.equal(targets.get('preserve_client_ip.enabled'), 'false');
  const { SecurityGroups: groups } = onlyOf(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').properties;
  assert.equal(groups.length, 1);
});

test('behind an ALB requests that parsers could read differently are dropped', () => {
  const { properties } = onlyOf(templateOf('plain'), 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  const attributes = attributesOf(properties.LoadBalancerAttributes);
  assert.equal(attributes.get('routing.http.desync_mitigation_mode'), 'strictest');
  assert.equal(attributes.get('routing.http.drop_invalid_header_fields.enabled'), 'true');
  assert.equal(attributes.get('routing.http.xff_header_processing.mode'), 'append');
});

test('Valkey speaks TLS to the tasks alone, and the chat gets its password as a secret', () => {
  const template = templateOf('everything else');
  const { properties } = onlyOf(template, 'AWS::ElastiCache::ReplicationGroup');
  assert.equal(properties.Engine, 'valkey');
  assert.equal(properties.ClusterMode, 'disabled');
  assert.equal(properties.TransitEncryptionEnabled, true);
  const { broker } = JSON.parse(variableOf(template, 'chat', CONFIG_VARIABLE));
  assert.equal(broker.redis.tls, true);
  assert.equal(broker.redis.password_env, containerOf(template, 'chat').Secrets[0].Name);
});

test('own names are hosts, origins and aliases, with a certificate', () => {
  const template = templateOf('everything else');
  const hosts = [DOMAIN, 'chat.example.com', 'www.example.com'];
  assert.deepEqual(sidecar(template).vpc_origin.hosts, hosts);
  assert.deepEqual(
    sidecar(template).vpc_origin.origins,
    hosts.map((host) => `https://${host}`),
  );
  const { DistributionConfig: config } = onlyOf(template, 'AWS::CloudFront::Distribution').properties;
  assert.deepEqual(config.Aliases, hosts.slice(1));
  assert.equal(config.ViewerCertificate.MinimumProtocolVersion, 'TLSv1.2_2021');
});

test('a setting that is unknown, or has a wrong value, is an error', () => {
  assert.ok(NAMES.includes('maxTasks'));
  assert.equal(settingsOf({ maxTasks: '7', valkey: 'true' }).maxTasks, 7);
  assert.throws(() => settingsOf({ maxTasks: '7' }), /maxTasks: more than one task needs valkey=true/);
  assert.throws(() => settingsOf({ minTasks: '2' }), /minTasks: 2 is more than maxTasks, which is 1/);
  assert.throws(() => settingsOf({ maxTask: '7' }), /maxTask: unknown setting; known are balancer, /);
  assert.throws(() => settingsOf({ balancer: 'elb' }), /balancer: "elb" is not one of alb, nlb/);
  assert.throws(() => settingsOf({ maxTasks: '0' }), /maxTasks: "0" is not a positive number/);
  assert.throws(() => settingsOf({ valkey: 'yes' }), /valkey: "yes" is neither true nor false/);
  assert.throws(() => settingsOf({ domainNames: 'a.example.com' }), /domainNames: need certificateArn/);
});
