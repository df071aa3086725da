// The task definition for those who use something else than this stack: what `aws ecs register-task-definition
// --cli-input-json` takes, with names in capitals where a value of theirs belongs.

import { onlyOf, textOf, type Template } from './template.js';

export function taskDefinition(template: Template): object {
  const { properties } = onlyOf(template, 'AWS::ECS::TaskDefinition');
  return converted(template, properties) as object;
}

/** Names for references of the template, by the beginning of the referenced resource's id. */
const NAMES: readonly [RegExp, string][] = [
  [/^AWS::AccountId$/, 'ACCOUNT'],
  [/^AWS::Region$/, 'REGION'],
  [/^AWS::URLSuffix$/, 'amazonaws.com'],
  [/^AWS::Partition$/, 'aws'],
  [/^SidecarRepository$/, 'viaduct-sidecar'],
  [/^ChatRepository$/, 'viaduct-chat'],
  [/^ImageTag$/, 'VERSION'],
  [/^TaskDefinitionExecutionRole.*\.Arn$/, 'EXECUTION_ROLE_ARN'],
  [/^TaskDefinitionTaskRole.*\.Arn$/, 'TASK_ROLE_ARN'],
  [/^EdgeOriginSecret/, 'ORIGIN_SECRET_ARN'],
  [/^TaskSidecarLog/, 'SIDECAR_LOG_GROUP'],
  [/^TaskChatLog/, 'CHAT_LOG_GROUP'],
  [/^EdgeDistribution.*\.DomainName$/, 'DISTRIBUTION_DOMAIN'],
];

function named(reference: string): string {
  const found = NAMES.find(([pattern]) => pattern.test(reference));
  if (!found) throw new Error(`no name for ${reference}`);
  return found[1];
}

// CloudFormation's names begin with a capital, those of the API do not; names of options and variables are data.
function converted(template: Template, value: any): unknown {
  if (Array.isArray(value)) return value.map((each) => converted(template, each));
  if (value === null || typeof value !== 'object') return value;
  if ('Ref' in value || 'Fn::Join' in value || 'Fn::GetAtt' in value) return textOf(template, value, named);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'Tags')
      .map(([name, each]) => [name[0]!.toLowerCase() + name.slice(1), converted(template, each)]),
  );
}
