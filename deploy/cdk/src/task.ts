import * as cdk from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secrets from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Cache } from './cache.js';
import { SIDECAR_PORT } from './network.js';
import type { Settings } from './settings.js';
import { CONFIG_VARIABLE, RUN_FOLDER, SECRET_VARIABLE, VALKEY_VARIABLE } from './sidecar_config.js';

const USER = '65532:65532';
const RUN_VOLUME = 'run';

/** What the task is told besides its settings. */
export interface TaskInputs {
  readonly sidecarConfig: string;
  readonly chatConfig: string;
  readonly originSecret: secrets.ISecret;
  readonly cache?: Cache;
  readonly cluster: ecs.ICluster;
}

/** The task: the sidecar, the chat behind it, and the folder of the chat's socket. */
export class Task extends Construct {
  readonly definition: ecs.FargateTaskDefinition;

  constructor(scope: Construct, id: string, settings: Settings, inputs: TaskInputs) {
    super(scope, id);
    this.definition = new ecs.FargateTaskDefinition(this, 'Definition', {
      family: 'viaduct',
      cpu: settings.cpu,
      memoryLimitMiB: settings.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: settings.architecture === 'ARM64' ? ecs.CpuArchitecture.ARM64 : ecs.CpuArchitecture.X86_64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
      // Fargate gives it the owner that the folder has in the images, because they declare it as a volume.
      volumes: [{ name: RUN_VOLUME }],
    });
    if (settings.taskProtection) this.allowProtection(inputs.cluster);

    const chat = this.container('chat', settings, {
      config: inputs.chatConfig,
      secrets: inputs.cache ? { [VALKEY_VARIABLE]: ecs.Secret.fromSecretsManager(inputs.cache.password) } : {},
      // It is asked to stop when the sidecar has drained, and has nobody left by then.
      stop: 30,
    });
    const sidecar = this.container('sidecar', settings, {
      config: inputs.sidecarConfig,
      // The whole object: a start fails if ECS is asked for a member that is missing, as the next value is at first.
      secrets: { [SECRET_VARIABLE]: ecs.Secret.fromSecretsManager(inputs.originSecret) },
      stop: settings.times.stop,
      port: SIDECAR_PORT,
    });
    // Reversed at the stop: the chat lives until the sidecar has drained.
    sidecar.addContainerDependencies({ container: chat, condition: ecs.ContainerDependencyCondition.HEALTHY });
    this.definition.defaultContainer = sidecar;
  }

  private container(
    name: 'sidecar' | 'chat',
    settings: Settings,
    own: { config: string; secrets: Record<string, ecs.Secret>; stop: number; port?: number },
  ): ecs.ContainerDefinition {
    const container = this.definition.addContainer(name, {
      containerName: name,
      image: ecs.ContainerImage.fromEcrRepository(this.repository(name), this.tag()),
      essential: true,
      environment: { [CONFIG_VARIABLE]: own.config },
      secrets: own.secrets,
      command: ['--config', `env:${CONFIG_VARIABLE}`],
      user: USER,
      readonlyRootFilesystem: true,
      stopTimeout: cdk.Duration.seconds(own.stop),
      healthCheck: {
        command: ['CMD', `/viaduct-${name}`, 'healthcheck'],
        interval: cdk.Duration.seconds(10),
        timeout: cdk.Duration.seconds(5),
        retries: 3,
        startPeriod: cdk.Duration.seconds(10),
      },
      logging: ecs.LogDrivers.awsLogs({
        streamPrefix: name,
        logGroup: new logs.LogGroup(this, name === 'sidecar' ? 'SidecarLog' : 'ChatLog', {
          retention: settings.logDays as logs.RetentionDays,
          removalPolicy: cdk.RemovalPolicy.DESTROY,
        }),
        // A log that cannot be delivered must not stop the program.
        mode: ecs.AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: cdk.Size.mebibytes(16),
      }),
      linuxParameters: this.noCapabilities(name),
      ...(own.port ? { portMappings: [{ containerPort: own.port }] } : {}),
    });
    container.addMountPoints({ sourceVolume: RUN_VOLUME, containerPath: RUN_FOLDER, readOnly: false });
    // Two for each tunnel.
    container.addUlimits({ name: ecs.UlimitName.NOFILE, softLimit: 65535, hardLimit: 65535 });
    return container;
  }

  private noCapabilities(name: string): ecs.LinuxParameters {
    const parameters = new ecs.LinuxParameters(this, `${name}Linux`);
    parameters.dropCapabilities(ecs.Capability.ALL);
    return parameters;
  }

  private repository(name: string): ecr.IRepository {
    const parameter = new cdk.CfnParameter(
      cdk.Stack.of(this),
      name === 'sidecar' ? 'SidecarRepository' : 'ChatRepository',
      {
        description: `The ECR repository of the ${name}'s image, in this account and region`,
        default: `viaduct-${name}`,
      },
    );
    return ecr.Repository.fromRepositoryName(this, `${name}Repository`, parameter.valueAsString);
  }

  private tag(): string {
    const stack = cdk.Stack.of(this);
    const known = stack.node.tryFindChild('ImageTag') as cdk.CfnParameter | undefined;
    const parameter =
      known ?? new cdk.CfnParameter(stack, 'ImageTag', { description: 'The tag of both images, such as 1.4.0' });
    return parameter.valueAsString;
  }

  private allowProtection(cluster: ecs.ICluster): void {
    this.definition.addToTaskRolePolicy(
      new iam.PolicyStatement({
        actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
        resources: [
          cdk.Stack.of(this).formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` }),
        ],
      }),
    );
  }
}
