// Prints deploy/ecs/task-definition.json, made of the template that is given: cdk.out/Viaduct.template.json.

import { readFileSync } from 'node:fs';
import { taskDefinition } from '../src/task_definition.js';

const path = process.argv[2];
if (!path) throw new Error('usage: task-definition.js TEMPLATE');
console.log(JSON.stringify(taskDefinition(JSON.parse(readFileSync(path, 'utf8'))), null, 2));
