// All tests in one process, since the first synthesis of a process takes seconds.

import './stack.test.js';
import './template_check.test.js';
import './ladder.test.js';
import './tools.test.js';
