import { readFileSync } from 'node:fs';
import * as cdk from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secrets from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Edge } from './edge.js';
import type { Settings } from './settings.js';
import { CURRENT_KEY, NEXT_KEY, SECRET_HEADER } from './sidecar_config.js';

/** Replaces the origin secret every settings.rotationDays without refusing a request; see rotation/rotate.py. */
export class Rotation extends Construct {
  constructor(scope: Construct, id: string, edge: Edge, service: ecs.FargateService, settings: Settings) {
    super(scope, id);
    const { distribution, secret } = edge;
    const stack = cdk.Stack.of(this);
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const log = new logs.LogGroup(this, 'Log', {
      retention: settings.logDays as logs.RetentionDays,
      removalPolicy: cdk.RemovalPolicy.DESTROY,
    });
    log.grantWrite(role);
    const code = new lambda.Function(this, 'Function', {
      description: 'Rotates the origin secret of CloudFront and the sidecars',
      runtime: lambda.Runtime.PYTHON_3_14,
      architecture: lambda.Architecture.ARM_64,
      // Within the template, so that a deployment needs no bucket for assets.
      code: lambda.Code.fromInline(readFileSync(new URL('../../rotation/rotate.py', import.meta.url), 'utf8')),
      handler: 'index.handler',
      role,
      logGroup: log,
      // CloudFront takes some minutes to deploy a change; this is Lambda's longest time.
      timeout: cdk.Duration.minutes(15),
      memorySize: 256,
      environment: {
        DISTRIBUTION: distribution.distributionId,
        CLUSTER: service.cluster.clusterName,
        SERVICE: service.serviceName,
        HEADER: SECRET_HEADER,
        CURRENT_KEY,
        NEXT_KEY,
      },
    });
    // RotationSchedule gives the function access to the secret; a tag notes since when the tasks know it.
    const allow = (actions: string[], resources: string[], conditions?: iam.Conditions): void => {
      role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
    };
    allow(['secretsmanager:TagResource'], [secret.secretArn]);
    allow(
      ['cloudfront:GetDistribution', 'cloudfront:GetDistributionConfig', 'cloudfront:UpdateDistribution'],
      [
        stack.formatArn({
          service: 'cloudfront',
          region: '',
          resource: 'distribution',
          resourceName: distribution.distributionId,
        }),
      ],
    );
    const tasks = { ArnEquals: { 'ecs:cluster': service.cluster.clusterArn } };
    allow(['ecs:UpdateService'], [service.serviceArn]);
    allow(['ecs:ListTasks', 'ecs:DescribeTasks'], ['*'], tasks);
    const schedule = new secrets.RotationSchedule(this, 'Schedule', {
      secret,
      rotationLambda: code,
      automaticallyAfter: cdk.Duration.days(settings.rotationDays),
      // The first rotation only adds the next value.
      rotateImmediatelyOnUpdate: true,
    });
    schedule.node.addDependency(service, distribution);
    // Secrets Manager of other accounts may not ask for it.
    for (const child of code.node.findAll()) {
      if (child instanceof lambda.CfnPermission) child.sourceAccount = stack.account;
    }
  }
}
