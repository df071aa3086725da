import * as cdk from 'aws-cdk-lib';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { Balancer } from './balancer.js';
import type { Network } from './network.js';
import type { Settings } from './settings.js';
import type { Task } from './task.js';

/** The service that runs the tasks behind the balancer, and the scaling of their number. */
export class Service extends Construct {
  readonly service: ecs.FargateService;

  constructor(
    scope: Construct,
    id: string,
    parts: { network: Network; balancer: Balancer; cluster: ecs.ICluster; task: Task },
    settings: Settings,
  ) {
    super(scope, id);
    this.service = new ecs.FargateService(this, 'Service', {
      cluster: parts.cluster,
      taskDefinition: parts.task.definition,
      vpcSubnets: parts.network.taskSubnets,
      securityGroups: [parts.network.taskGroup],
      assignPublicIp: false,
      // New tasks start beside the old ones.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      healthCheckGracePeriod: cdk.Duration.seconds(60),
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    });
    // A deployment has succeeded when the new tasks are healthy. The old ones leave when their viewers have left, which
    // takes up to timeouts.max_duration under task protection; CloudFormation would give up after three hours.
    (this.service.node.defaultChild as ecs.CfnService).addPropertyOverride(
      'DeploymentConfiguration.EarlySuccessCriteria',
      {
        Enable: true,
        HealthyPercent: 100,
        SourceServiceRevisionCleanup: 'DEFERRED',
      },
    );
    parts.balancer.addTarget(this.service);
    this.addScaling(parts.balancer, parts.cluster, settings);
  }

  private addScaling(balancer: Balancer, cluster: ecs.ICluster, settings: Settings): void {
    const target = new scaling.ScalableTarget(this, 'TaskCount', {
      serviceNamespace: scaling.ServiceNamespace.ECS,
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${cluster.clusterName}/${this.service.serviceName}`,
      minCapacity: settings.minTasks,
      maxCapacity: settings.maxTasks,
    });
    const running = new cloudwatch.Metric({
      namespace: 'ECS/ContainerInsights',
      metricName: 'RunningTaskCount',
      dimensionsMap: { ClusterName: cluster.clusterName, ServiceName: this.service.serviceName },
    });
    const { metric, countsEach } = balancer.tunnels;
    new scaling.CfnScalingPolicy(this, 'TunnelsPerTask', {
      policyName: 'TunnelsPerTask',
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.scalableTargetId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: settings.tunnelsPerTask,
        customizedMetricSpecification: {
          metrics: [
            query('tunnels', metric, countsEach === 1 ? 'Average' : 'Sum'),
            query('tasks', running, 'Average'),
            { id: 'each', expression: `tunnels / (${countsEach} * tasks)`, label: 'Open tunnels a task' },
          ],
        },
      },
    });
  }
}

function query(
  id: string,
  metric: cloudwatch.Metric,
  stat: string,
): scaling.CfnScalingPolicy.TargetTrackingMetricDataQueryProperty {
  const dimensions = Object.entries(metric.dimensions ?? {}).map(([name, value]) => ({ name, value: String(value) }));
  return {
    id,
    metricStat: { metric: { namespace: metric.namespace, metricName: metric.metricName, dimensions }, stat },
    returnData: false,
  };
}
