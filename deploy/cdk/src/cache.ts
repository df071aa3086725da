import * as cdk from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as secrets from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { VALKEY_PORT, type Network } from './network.js';
import type { Settings } from './settings.js';

/** Valkey with a replica in another zone, over TLS and with a password, for the chat's tasks to share their rooms. */
export class Cache extends Construct {
  readonly password: secrets.Secret;
  /** "HOST:PORT" of the primary. */
  readonly address: string;

  constructor(scope: Construct, id: string, network: Network, settings: Settings) {
    super(scope, id);
    this.password = new secrets.Secret(this, 'Password', {
      description: "The chat's password for Valkey",
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    const group = new ec2.SecurityGroup(this, 'Group', {
      vpc: network.vpc,
      description: 'Valkey: tasks in',
      allowAllOutbound: false,
    });
    group.addIngressRule(network.taskGroup, ec2.Port.tcp(VALKEY_PORT), 'Tasks');
    network.taskGroup.addEgressRule(group, ec2.Port.tcp(VALKEY_PORT), 'Valkey');
    const subnets = new elasticache.CfnSubnetGroup(this, 'Subnets', {
      description: 'The subnets of the tasks',
      subnetIds: network.vpc.selectSubnets(network.taskSubnets).subnetIds,
    });
    const valkey = new elasticache.CfnReplicationGroup(this, 'Valkey', {
      replicationGroupDescription: "The chat's rooms",
      engine: 'valkey',
      engineVersion: '9.1',
      cacheNodeType: settings.valkeyNodeType,
      clusterMode: 'disabled',
      numCacheClusters: 2,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      transitEncryptionEnabled: true,
      atRestEncryptionEnabled: true,
      authToken: this.password.secretValue.unsafeUnwrap(),
      port: VALKEY_PORT,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [group.securityGroupId],
    });
    valkey.applyRemovalPolicy(cdk.RemovalPolicy.DESTROY);
    this.address = `${valkey.attrPrimaryEndPointAddress}:${valkey.attrPrimaryEndPointPort}`;
  }
}
