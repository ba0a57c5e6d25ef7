// Whether a folder lies in the layer that a container engine throws away together with its container. Told by how it is mounted, and not by
// marks such as /.dockerenv: images of virtual machines that were made from a container's carry those too, and keep what is written to
// them.
#pragma once

#include <filesystem>
#include <string_view>

namespace pollux::config {

// `mountinfo`: the text of /proc/self/mountinfo, see proc(5). `folder`: its absolute path, without links. Knows fuse-overlayfs wherever it
// is mounted; and of what stands at `/` the layers that Docker, Podman and containerd make on file systems without an overlay (vfs, btrfs,
// zfs).
bool is_of_a_container(std::string_view mountinfo, std::filesystem::path const& folder);

} // namespace pollux::config
