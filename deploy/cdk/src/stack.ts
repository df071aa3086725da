import * as cdk from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { balancer } from './balancer.js';
import { Cache } from './cache.js';
import { Edge } from './edge.js';
import { Network, SIDECAR_PORT } from './network.js';
import { Rotation } from './rotation.js';
import { Service } from './service.js';
import type { Settings } from './settings.js';
import { chatConfig, sidecarConfig } from './sidecar_config.js';
import { Task } from './task.js';

/**
 * CloudFront, a VPC origin, an internal load balancer, and tasks of sidecar and chat on Fargate. The template says
 * nothing about account, region or zones, has no assets, and is made without network.
 */
export class ViaductStack extends cdk.Stack {
  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, {
      description: 'WebSockets behind a CloudFront VPC origin: Viaduct',
      analyticsReporting: false,
      // CloudFormation takes 51,200 bytes without a bucket.
      suppressTemplateIndentation: true,
      synthesizer: new cdk.BootstraplessSynthesizer(),
    });
    const network = new Network(this, 'Network', settings);
    const front = balancer(this, network, settings);
    const edge = new Edge(this, 'Edge', network, front, settings);
    const cache = settings.valkey ? new Cache(this, 'Cache', network, settings) : undefined;
    const cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: network.vpc,
      // The number of running tasks, which the scaling needs.
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
    });
    const subnets = network.vpc.selectSubnets(network.balancerSubnets).subnets as ec2.Subnet[];
    const task = new Task(this, 'Task', settings, {
      sidecarConfig: sidecarConfig(settings, {
        port: SIDECAR_PORT,
        trustedPeers: subnets.map((subnet) => subnet.ipv4CidrBlock),
        hosts: edge.hosts,
      }),
      chatConfig: chatConfig(settings, cache?.address),
      originSecret: edge.secret,
      cache,
      cluster,
    });
    const { service } = new Service(this, 'Service', { network, balancer: front, cluster, task }, settings);
    new Rotation(this, 'Rotation', edge, service, settings);

    const output = (name: string, value: string): void => {
      new cdk.CfnOutput(this, name, { value });
    };
    output('Domain', edge.distribution.distributionDomainName);
    output('OriginSecretArn', edge.secret.secretArn);
    output('VpcId', network.vpc.vpcId);
    output('ClusterName', cluster.clusterName);
    output('ServiceName', service.serviceName);
  }
}
