import * as cdk from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { BALANCER_PORT, SIDECAR_PORT, type Network } from './network.js';
import type { Settings } from './settings.js';
import { HEALTH_PATH } from './sidecar_config.js';

/** The internal load balancer between CloudFront and the tasks. */
export interface Balancer {
  readonly endpoint: cloudfront.VpcOriginEndpoint;
  /** Open tunnels of all tasks, as CloudWatch counts them. */
  readonly tunnels: { readonly metric: cloudwatch.Metric; readonly countsEach: number };
  addTarget(service: ecs.FargateService): void;
}

export function balancer(scope: Construct, network: Network, settings: Settings): Balancer {
  return settings.balancer === 'alb'
    ? new Alb(scope, 'Alb', network, settings)
    : new Nlb(scope, 'Nlb', network, settings);
}

const seconds = (count: number): cdk.Duration => cdk.Duration.seconds(count);

const HEALTH_CHECK = {
  path: HEALTH_PATH,
  interval: seconds(10),
  timeout: seconds(5),
  healthyThresholdCount: 2,
  unhealthyThresholdCount: 2,
};

class Alb extends Construct implements Balancer {
  readonly endpoint: cloudfront.VpcOriginEndpoint;
  readonly tunnels;
  private readonly targets: elb.ApplicationTargetGroup;

  constructor(scope: Construct, id: string, network: Network, settings: Settings) {
    super(scope, id);
    const alb = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      vpcSubnets: network.balancerSubnets,
      internetFacing: false,
      securityGroup: network.balancerGroup,
      idleTimeout: seconds(settings.times.albIdle),
      clientKeepAlive: seconds(settings.times.tunnelMax),
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elb.DesyncMitigationMode.STRICTEST,
      // The sidecar reads CloudFront's address from the member that the ALB appends.
      xffHeaderProcessingMode: elb.XffHeaderProcessingMode.APPEND,
    });
    this.targets = new elb.ApplicationTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      targetType: elb.TargetType.IP,
      protocol: elb.ApplicationProtocol.HTTP,
      port: SIDECAR_PORT,
      deregistrationDelay: seconds(settings.times.deregistration),
      // A new task gets the next tunnels; round robin would leave it behind for hours.
      loadBalancingAlgorithmType: elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      healthCheck: HEALTH_CHECK,
    });
    alb.addListener('Listener', {
      port: BALANCER_PORT,
      protocol: elb.ApplicationProtocol.HTTP,
      // The default lets 0.0.0.0/0 in.
      open: false,
      defaultTargetGroups: [this.targets],
    });
    this.endpoint = cloudfront.VpcOriginEndpoint.applicationLoadBalancer(alb);
    // A tunnel is one connection from CloudFront and one to the task.
    this.tunnels = { metric: alb.metrics.activeConnectionCount({ period: cdk.Duration.minutes(1) }), countsEach: 2 };
  }

  addTarget(service: ecs.FargateService): void {
    this.targets.addTarget(service);
  }
}

class Nlb extends Construct implements Balancer {
  readonly endpoint: cloudfront.VpcOriginEndpoint;
  readonly tunnels;
  private readonly targets: elb.NetworkTargetGroup;

  constructor(scope: Construct, id: string, network: Network, settings: Settings) {
    super(scope, id);
    const nlb = new elb.NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      vpcSubnets: network.balancerSubnets,
      internetFacing: false,
      securityGroups: [network.balancerGroup],
    });
    this.targets = new elb.NetworkTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      targetType: elb.TargetType.IP,
      protocol: elb.Protocol.TCP,
      port: SIDECAR_PORT,
      deregistrationDelay: seconds(settings.times.deregistration),
      // The peer must be the balancer, and its PROXY header names CloudFront.
      proxyProtocolV2: true,
      preserveClientIp: false,
      healthCheck: { ...HEALTH_CHECK, protocol: elb.Protocol.HTTP },
    });
    nlb.addListener('Listener', {
      port: BALANCER_PORT,
      protocol: elb.Protocol.TCP,
      tcpIdleTimeout: seconds(settings.times.nlbIdle),
      defaultTargetGroups: [this.targets],
    });
    this.endpoint = cloudfront.VpcOriginEndpoint.networkLoadBalancer(nlb);
    this.tunnels = { metric: nlb.metrics.activeFlowCount({ period: cdk.Duration.minutes(1) }), countsEach: 1 };
  }

  addTarget(service: ecs.FargateService): void {
    this.targets.addTarget(service);
  }
}
