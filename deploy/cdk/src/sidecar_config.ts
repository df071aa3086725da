// The configs of sidecar and chat, as the containers get them in the variable VIADUCT_CONFIG.

import type { Settings } from './settings.js';

/** The variable of both containers that holds the config. */
export const CONFIG_VARIABLE = 'VIADUCT_CONFIG';
/** The variable of the sidecar's container that holds the origin secret, a JSON object. */
export const SECRET_VARIABLE = 'VIADUCT_ORIGIN_SECRET';
/** The variable of the chat's container that holds Valkey's password. */
export const VALKEY_VARIABLE = 'REDIS_PASSWORD';
export const SECRET_HEADER = 'x-origin-verify';
/** The member of the secret that CloudFront sends; rotation/rotate.py explains the two. */
export const CURRENT_KEY = 'HEADERVALUE';
/** The member of the secret that CloudFront sends after the next rotation. */
export const NEXT_KEY = 'NEXTVALUE';
export const HEALTH_PATH = '/healthz';
/** The folder that both containers share, in the images too: uid 65532 owns it. */
export const RUN_FOLDER = '/run/viaduct';

const CHAT_SOCKET = `unix:${RUN_FOLDER}/chat.sock`;

const time = (seconds: number): string => `${seconds}s`;

/** What differs from stack to stack; texts may be tokens of CDK. */
export interface Place {
  readonly port: number;
  readonly trustedPeers: readonly string[];
  readonly hosts: readonly string[];
}

/** JSON on several lines: it is YAML too, and an error names its line. */
const text = (config: object): string => JSON.stringify(config, null, 1);

export function sidecarConfig(settings: Settings, place: Place): string {
  const { times } = settings;
  const secret = (name: string, key: string) => ({ name, environment: SECRET_VARIABLE, json_key: key });
  return text({
    listen: `0.0.0.0:${place.port}`,
    vpc_origin: {
      mode: settings.balancer.toUpperCase(),
      trusted_peers: place.trustedPeers,
      hosts: place.hosts,
      origins: place.hosts.map((host) => `https://${host}`),
      secret: {
        header: SECRET_HEADER,
        sources: [secret('current', CURRENT_KEY), { ...secret('next', NEXT_KEY), may_be_absent: true }],
      },
    },
    upstream: { address: CHAT_SOCKET, health: { path: HEALTH_PATH } },
    health_path: HEALTH_PATH,
    timeouts: {
      keep_alive_timeout: time(times.keepAlive),
      idle_timeout: time(times.tunnelIdle),
      max_duration: time(times.tunnelMax),
    },
    keepalive: { ping_interval: time(times.ping) },
    drain: { spread: time(times.drainSpread), timeout: time(times.drain) },
    // Repeats what AWS is told; src/template_check.ts compares it with the template.
    environment: {
      ...(settings.balancer === 'alb'
        ? { alb_idle_timeout: time(times.albIdle), alb_client_keep_alive: time(times.tunnelMax) }
        : { nlb_idle_timeout: time(times.nlbIdle) }),
      deregistration_delay: time(times.deregistration),
      cloudfront_response_timeout: time(times.cloudfrontResponse),
      cloudfront_keep_alive_timeout: time(times.cloudfrontKeepAlive),
      ecs_stop_timeout: time(times.stop),
      application_keep_alive_timeout: time(times.chatKeepAlive),
    },
    strict_ladder: true,
    ecs: { task_protection: { enabled: settings.taskProtection } },
  });
}

export function chatConfig(settings: Settings, valkeyHost?: string): string {
  return text({
    listen: CHAT_SOCKET,
    timeouts: { keep_alive_timeout: time(settings.times.chatKeepAlive) },
    ...(valkeyHost ? { broker: { redis: { address: valkeyHost, tls: true, password_env: VALKEY_VARIABLE } } } : {}),
  });
}
