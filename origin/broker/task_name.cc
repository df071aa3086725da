#include "origin/broker/task_name.h"

#include "origin/message/uuid.h"

namespace viaduct::origin {

std::string NewTaskName() {
  const auto text = UuidSource().Next().Text();
  return std::string(text.data(), 18);
}

}  // namespace viaduct::origin
