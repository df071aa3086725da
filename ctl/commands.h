#pragma once

#include "ctl/client.h"
#include "ctl/command_line.h"
#include "ctl/exit_code.h"

namespace viaduct {

// Does what the command line asks for, and prints its result on standard output.
Outcome Run(const CommandLine& line);

// One function a command that calls the chat.
Outcome ListConnections(const CommandLine& line, Client& client);
Outcome GetConnection(const CommandLine& line, Client& client);
Outcome SendMessage(const CommandLine& line, Client& client);
Outcome CloseConnection(const CommandLine& line, Client& client);
Outcome Broadcast(const CommandLine& line, Client& client);
Outcome Watch(const CommandLine& line, Client& client);
Outcome Stats(const CommandLine& line, Client& client);
Outcome Health(const CommandLine& line, Client& client);

}  // namespace viaduct
