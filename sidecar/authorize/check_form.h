#pragma once

#include <cstdint>

#include "text/closed_list.h"

namespace viaduct::sidecar {

// The forms in which proxies ask whether a request may pass: `form` in log and metrics.
enum class CheckForm : std::uint8_t { kHttp, kGrpc };

inline constexpr auto kCheckForms = text::ClosedListOf<CheckForm>({
    {CheckForm::kHttp, "http"},
    {CheckForm::kGrpc, "grpc"},
});

}  // namespace viaduct::sidecar
