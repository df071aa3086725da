import * as cdk from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Settings } from './settings.js';

/** The port of the balancer that the VPC origin speaks to, in plain HTTP. */
export const BALANCER_PORT = 80;
/** The sidecar's port. */
export const SIDECAR_PORT = 8080;
/** Valkey's port. */
export const VALKEY_PORT = 6379;

/**
 * A VPC without a route to the Internet: subnets for the balancer, whose addresses the sidecar trusts, subnets for the
 * tasks, and the endpoints that a task needs to start. Security groups admit CloudFront to the balancer, the balancer
 * to the tasks, and nobody else.
 */
export class Network extends Construct {
  readonly vpc: ec2.Vpc;
  /** A VPC origin needs it attached, although nothing is routed through it. */
  readonly gateway: ec2.CfnVPCGatewayAttachment;
  readonly balancerSubnets: ec2.SubnetSelection = { subnetGroupName: 'Balancer' };
  readonly taskSubnets: ec2.SubnetSelection = { subnetGroupName: 'Task' };
  readonly balancerGroup: ec2.SecurityGroup;
  readonly taskGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const isolated = ec2.SubnetType.PRIVATE_ISOLATED;
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(settings.cidr),
      maxAzs: 2,
      natGateways: 0,
      // It would take a custom resource, whose code is an asset. Nothing here is in the default group.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Balancer', subnetType: isolated, cidrMask: 24 },
        { name: 'Task', subnetType: isolated, cidrMask: 22 },
      ],
    });
    const gateway = new ec2.CfnInternetGateway(this, 'Gateway');
    this.gateway = new ec2.CfnVPCGatewayAttachment(this, 'GatewayAttachment', {
      vpcId: this.vpc.vpcId,
      internetGatewayId: gateway.ref,
    });

    this.balancerGroup = this.group('BalancerGroup', 'The balancer: CloudFront in, tasks out');
    this.taskGroup = this.group('TaskGroup', 'Tasks: the balancer in, AWS endpoints out');
    const port = ec2.Port.tcp(SIDECAR_PORT);
    this.balancerGroup.addIngressRule(this.cloudfront(settings), ec2.Port.tcp(BALANCER_PORT), 'CloudFront');
    this.balancerGroup.addEgressRule(this.taskGroup, port, 'Tasks');
    this.taskGroup.addIngressRule(this.balancerGroup, port, 'The balancer');
    // The subnets have no route out of the VPC but to S3, where ECR keeps the layers of images.
    this.taskGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'Endpoints of AWS services');
    this.addEndpoints();
  }

  private group(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }

  // The parameter is of the stack, since its value differs from region to region.
  private cloudfront(settings: Settings): ec2.IPeer {
    const groups = settings.source === 'service-group';
    const parameter = new cdk.CfnParameter(cdk.Stack.of(this), 'CloudFrontSource', {
      description: groups
        ? 'Id of the security group CloudFront-VPCOrigins-Service-SG of this VPC'
        : 'Id of the managed prefix list com.amazonaws.global.cloudfront.origin-facing of this region',
      allowedPattern: groups ? 'sg-[0-9a-f]+' : 'pl-[0-9a-f]+',
    });
    return groups ? ec2.Peer.securityGroupId(parameter.valueAsString) : ec2.Peer.prefixList(parameter.valueAsString);
  }

  private addEndpoints(): void {
    this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3, subnets: [this.taskSubnets] });
    const group = this.group('EndpointGroup', 'Endpoints of AWS services: tasks in');
    group.addIngressRule(this.taskGroup, ec2.Port.tcp(443), 'Tasks');
    const services = {
      EcrApi: ec2.InterfaceVpcEndpointAwsService.ECR,
      EcrDocker: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
      Logs: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
      Secrets: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    };
    for (const [name, service] of Object.entries(services)) {
      this.vpc.addInterfaceEndpoint(name, { service, subnets: this.taskSubnets, securityGroups: [group], open: false });
    }
  }
}
