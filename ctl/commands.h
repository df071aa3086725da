#pragma once

#include "ctl/core/client.h"
#include "ctl/core/command_line.h"
#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

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
Outcome Drain(const CommandLine& line, Client& client);
Outcome Undrain(const CommandLine& line, Client& client);
Outcome Status(const CommandLine& line, Client& client);
Outcome GetSettings(const CommandLine& line, Client& client);
Outcome SetSettings(const CommandLine& line, Client& client);
Outcome Health(const CommandLine& line, Client& client);

// And one that calls the sidecar.
Outcome ListTunnels(const CommandLine& line, Client& client);
Outcome GetTunnel(const CommandLine& line, Client& client);
Outcome CloseTunnel(const CommandLine& line, Client& client);
Outcome SidecarStats(const CommandLine& line, Client& client);
Outcome SidecarLadder(const CommandLine& line, Client& client);
Outcome SidecarPolicy(const CommandLine& line, Client& client);
Outcome SidecarRanges(const CommandLine& line, Client& client);
Outcome SidecarReload(const CommandLine& line, Client& client);
Outcome SidecarStatus(const CommandLine& line, Client& client);
Outcome SidecarDrain(const CommandLine& line, Client& client);
Outcome SidecarUndrain(const CommandLine& line, Client& client);

// These call nobody.
Outcome ListContexts(const CommandLine& line);
Outcome UseContext(const CommandLine& line);

// Asks the sidecar, or with --config nobody.
Outcome ExplainHead(const CommandLine& line);

}  // namespace viaduct::ctl
