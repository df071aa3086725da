// A synthesised CloudFormation template, as far as we read it.

export interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Found {
  readonly id: string;
  readonly properties: Record<string, any>;
}

/** The distribution's domain, where a template only refers to it. */
export const DOMAIN = 'd111111abcdef8.cloudfront.net';

export function allOf(template: Template, type: string): Found[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, properties: resource.Properties ?? {} }));
}

/** Returns the only resource of a type. Throws if there is none, or more than one. */
export function onlyOf(template: Template, type: string): Found {
  const found = allOf(template, type);
  if (found.length !== 1) throw new Error(`${found.length} resources of ${type}, not 1`);
  return found[0]!;
}

/** Gives the text that stands for a reference to "ID" or "ID.ATTRIBUTE", or undefined for "${…}". */
export type Naming = (reference: string) => string | undefined;

/** Returns a text of the template with what CloudFormation fills in; the distribution's domain is DOMAIN. */
export function textOf(template: Template, value: any, naming: Naming = () => undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value && 'Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'] as [string, any[]];
    return parts.map((part) => textOf(template, part, naming)).join(separator);
  }
  let reference: string;
  if (value && 'Ref' in value) reference = value.Ref;
  else if (value && 'Fn::GetAtt' in value) reference = value['Fn::GetAtt'].join('.');
  else throw new Error(`not a text: ${JSON.stringify(value)}`);
  const [id, name] = reference.split('.');
  const distribution = template.Resources[id!]?.Type === 'AWS::CloudFront::Distribution' && name === 'DomainName';
  return naming(reference) ?? (distribution ? DOMAIN : `\${${reference}}`);
}

/** Returns the attributes of a load balancer, target group or listener: a list of Key and Value in the template. */
export function attributesOf(list: readonly { Key: string; Value: string }[] | undefined): Map<string, string> {
  return new Map((list ?? []).map((each) => [each.Key, each.Value]));
}

export function containerOf(template: Template, name: string): Readonly<Record<string, any>> {
  const task = onlyOf(template, 'AWS::ECS::TaskDefinition');
  const container = task.properties.ContainerDefinitions.find((each: any) => each.Name === name);
  if (!container) throw new Error(`no container ${name} in ${task.id}`);
  return container;
}

/** Returns the value of a container's environment variable, which the template must have. */
export function variableOf(template: Template, container: string, variable: string): string {
  const found = containerOf(template, container).Environment?.find((each: any) => each.Name === variable);
  if (!found) throw new Error(`no variable ${variable} of container ${container}`);
  return textOf(template, found.Value);
}
