// What an operator may choose, with the values that the stack is tested with. Times are in seconds.

export interface Times {
  /** How long CloudFront waits for the head of a response. */
  readonly cloudfrontResponse: number;
  /** How long CloudFront keeps an idle connection to the balancer. */
  readonly cloudfrontKeepAlive: number;
  /** ALB: idle_timeout.timeout_seconds. */
  readonly albIdle: number;
  /** NLB: tcp.idle_timeout.seconds. */
  readonly nlbIdle: number;
  /** The target group's deregistration_delay.timeout_seconds. */
  readonly deregistration: number;
  /** stopTimeout of the sidecar's container. */
  readonly stop: number;
  /** The sidecar's drain.timeout. */
  readonly drain: number;
  /** The sidecar's drain.spread. */
  readonly drainSpread: number;
  /** The sidecar's timeouts.keep_alive_timeout. */
  readonly keepAlive: number;
  /** The sidecar's timeouts.idle_timeout. */
  readonly tunnelIdle: number;
  /** The sidecar's timeouts.max_duration, and the ALB's client_keep_alive.seconds. */
  readonly tunnelMax: number;
  /** The sidecar's keepalive.ping_interval. */
  readonly ping: number;
  /** The chat's timeouts.keep_alive_timeout. */
  readonly chatKeepAlive: number;
}

export interface Settings {
  readonly balancer: 'alb' | 'nlb';
  /**
   * What the parameter CloudFrontSource names. `prefix-list` admits every CloudFront distribution, of any customer, to
   * the balancer's port; `service-group` admits only VPC origins of this VPC, but exists only once there is one.
   */
  readonly source: 'prefix-list' | 'service-group';
  readonly cidr: string;
  /** Names of the distribution besides its own; they need a certificate of us-east-1. */
  readonly domainNames: readonly string[];
  readonly certificateArn?: string;
  readonly architecture: 'X86_64' | 'ARM64';
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly minTasks: number;
  readonly maxTasks: number;
  /** Tasks are added above this number of open tunnels for each running task. */
  readonly tunnelsPerTask: number;
  /** Asks ECS not to stop a task by scale-in or a deployment while it has tunnels. */
  readonly taskProtection: boolean;
  readonly rotationDays: number;
  readonly logDays: number;
  /** Lets the chat's tasks share their rooms. Without it each task is a chat of its own, so there may be only one. */
  readonly valkey: boolean;
  readonly valkeyNodeType: string;
  readonly times: Times;
}

export const DEFAULTS: Settings = {
  balancer: 'alb',
  source: 'prefix-list',
  cidr: '10.0.0.0/16',
  domainNames: [],
  architecture: 'X86_64',
  cpu: 512,
  memoryMiB: 1024,
  minTasks: 1,
  maxTasks: 1,
  tunnelsPerTask: 5000,
  taskProtection: true,
  rotationDays: 30,
  logDays: 30,
  valkey: false,
  valkeyNodeType: 'cache.t4g.small',
  times: {
    cloudfrontResponse: 30,
    cloudfrontKeepAlive: 50,
    albIdle: 60,
    nlbIdle: 350,
    deregistration: 110,
    stop: 120,
    drain: 100,
    drainSpread: 80,
    keepAlive: 65,
    tunnelIdle: 600,
    tunnelMax: 4 * 3600,
    ping: 25,
    chatKeepAlive: 10,
  },
};

/** Reads what `cdk -c NAME=VALUE` gives. Throws if a name or a value is not one of Settings. */
export function settingsOf(given: Readonly<Record<string, unknown>>): Settings {
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(given)) {
    settings[name] = read(name, String(value));
  }
  const result = settings as unknown as Settings;
  if (result.domainNames.length > 0 && !result.certificateArn) {
    throw new Error('domainNames: need certificateArn, a certificate of us-east-1 that covers them');
  }
  if (result.minTasks > result.maxTasks) {
    throw new Error(`minTasks: ${result.minTasks} is more than maxTasks, which is ${result.maxTasks}`);
  }
  if (result.maxTasks > 1 && !result.valkey) {
    throw new Error('maxTasks: more than one task needs valkey=true; otherwise each would be a chat of its own');
  }
  return result;
}

/** The names that `cdk -c` may give. */
export const NAMES: readonly string[] = [...Object.keys(DEFAULTS).filter((name) => name !== 'times'), 'certificateArn'];

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  balancer: ['alb', 'nlb'],
  source: ['prefix-list', 'service-group'],
  architecture: ['X86_64', 'ARM64'],
};

function read(name: string, text: string): unknown {
  if (!NAMES.includes(name)) throw new Error(`${name}: unknown setting; known are ${NAMES.join(', ')}`);
  const choices = CHOICES[name];
  if (choices) {
    if (!choices.includes(text)) throw new Error(`${name}: "${text}" is not one of ${choices.join(', ')}`);
    return text;
  }
  switch (typeof (DEFAULTS as unknown as Record<string, unknown>)[name]) {
    case 'number':
      if (!/^[1-9][0-9]*$/.test(text)) throw new Error(`${name}: "${text}" is not a positive number`);
      return Number(text);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new Error(`${name}: "${text}" is neither true nor false`);
      return text === 'true';
    case 'object':
      return text.split(',').map((each) => each.trim());
    default:
      return text;
  }
}
