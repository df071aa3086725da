#include "ctl/commands.h"

#include "ctl/chat/broadcast.h"
#include "ctl/chat/connections_close.h"
#include "ctl/chat/connections_get.h"
#include "ctl/chat/connections_list.h"
#include "ctl/chat/connections_send.h"
#include "ctl/chat/drain.h"
#include "ctl/chat/health.h"
#include "ctl/chat/settings.h"
#include "ctl/chat/stats.h"
#include "ctl/chat/watch.h"
#include "ctl/context/context_add.h"
#include "ctl/context/context_list.h"
#include "ctl/context/context_remove.h"
#include "ctl/context/context_show.h"
#include "ctl/context/context_use.h"
#include "ctl/help/completion_command.h"
#include "ctl/help/help_command.h"
#include "ctl/help/version_command.h"
#include "ctl/sidecar/drain.h"
#include "ctl/sidecar/explain.h"
#include "ctl/sidecar/ladder.h"
#include "ctl/sidecar/policy.h"
#include "ctl/sidecar/ranges.h"
#include "ctl/sidecar/reload.h"
#include "ctl/sidecar/stats.h"
#include "ctl/sidecar/tunnels_close.h"
#include "ctl/sidecar/tunnels_get.h"
#include "ctl/sidecar/tunnels_list.h"
#include "ctl/why/why.h"

namespace viaduct::ctl {

std::vector<Command> Commands() {
  return {
      ConnectionsListCommand(),
      ConnectionsGetCommand(),
      ConnectionsSendCommand(),
      ConnectionsCloseCommand(),
      BroadcastCommand(),
      WatchCommand(),
      StatsCommand(),
      DrainCommand(),
      UndrainCommand(),
      StatusCommand(),
      SettingsGetCommand(),
      SettingsSetCommand(),
      HealthCommand(),
      TunnelsListCommand(),
      TunnelsGetCommand(),
      TunnelsCloseCommand(),
      SidecarStatsCommand(),
      SidecarLadderCommand(),
      SidecarPolicyCommand(),
      SidecarRangesCommand(),
      SidecarReloadCommand(),
      SidecarStatusCommand(),
      SidecarDrainCommand(),
      SidecarUndrainCommand(),
      ExplainCommand(),
      ContextListCommand(),
      ContextShowCommand(),
      ContextUseCommand(),
      ContextAddCommand(),
      ContextRemoveCommand(),
      CompletionCommand(),
      VersionCommand(),
      HelpCommand(),
      WhyCommand(),
  };
}

}  // namespace viaduct::ctl
