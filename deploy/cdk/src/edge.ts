import * as cdk from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as secrets from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Balancer } from './balancer.js';
import { BALANCER_PORT, type Network } from './network.js';
import type { Settings } from './settings.js';
import { CURRENT_KEY, SECRET_HEADER } from './sidecar_config.js';

/** The distribution, its VPC origin, and the secret header by which the sidecar knows it. */
export class Edge extends Construct {
  readonly distribution: cloudfront.Distribution;
  readonly secret: secrets.Secret;
  /** Names by which viewers ask for the service. */
  readonly hosts: readonly string[];

  constructor(scope: Construct, id: string, network: Network, balancer: Balancer, settings: Settings) {
    super(scope, id);
    // The next value comes with the first rotation.
    this.secret = new secrets.Secret(this, 'OriginSecret', {
      description: 'The header by which the sidecar knows our distribution: the value sent, and the next one',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: CURRENT_KEY,
        passwordLength: 48,
        excludePunctuation: true,
      },
    });

    // One for all behaviours: a VPC origin that is made with each behaviour's origin would be one more of 25.
    const vpcOrigin = new cloudfront.VpcOrigin(this, 'VpcOrigin', {
      endpoint: balancer.endpoint,
      vpcOriginName: cdk.Names.uniqueResourceName(this, { maxLength: 64, separator: '-' }),
      protocolPolicy: cloudfront.OriginProtocolPolicy.HTTP_ONLY,
      httpPort: BALANCER_PORT,
    });
    vpcOrigin.node.addDependency(network.gateway);
    // No responseCompletionTimeout: CloudFront would end a WebSocket at it.
    const origin = origins.VpcOrigin.withVpcOrigin(vpcOrigin, {
      readTimeout: cdk.Duration.seconds(settings.times.cloudfrontResponse),
      keepaliveTimeout: cdk.Duration.seconds(settings.times.cloudfrontKeepAlive),
      customHeaders: { [SECRET_HEADER]: this.secret.secretValueFromJson(CURRENT_KEY).unsafeUnwrap() },
    });
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'Viaduct',
      defaultBehavior: {
        origin,
        allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        // Without it neither the query (?room=) nor cookies nor the viewer's Host arrive.
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER,
        compress: false,
      },
      ...(settings.certificateArn
        ? {
            domainNames: [...settings.domainNames],
            certificate: acm.Certificate.fromCertificateArn(this, 'Certificate', settings.certificateArn),
            minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
          }
        : {}),
    });
    this.hosts = [this.distribution.distributionDomainName, ...settings.domainNames];
  }
}
