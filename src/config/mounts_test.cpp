#include "config/mounts.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pollux::config {
namespace {

std::string const layer = "8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1";
std::string const proc = "23 22 0:21 / /proc rw,nosuid - proc proc rw\n";

// What is mounted at `/`, as root, type and source.
std::string at_the_top(std::string const& root, std::string const& type, std::string const& source)
{
    return "22 1 259:1 " + root + " / rw,relatime shared:1 - " + type + " " + source + " rw\n" + proc;
}

TEST(Mounts, layers_of_engines_without_an_overlay_are_known)
{
    EXPECT_TRUE(is_of_a_container(at_the_top("/", "fuse.fuse-overlayfs", "fuse-overlayfs"), "/var/lib/pollux"));
    EXPECT_TRUE(is_of_a_container(at_the_top("/var/lib/docker/vfs/dir/" + layer, "ext4", "/dev/sda1"), "/var/lib/pollux"));
    EXPECT_TRUE(is_of_a_container(at_the_top("/home/me/.local/share/containers/storage/vfs/dir/" + layer, "xfs", "/dev/sda1"), "/data"));
    EXPECT_TRUE(is_of_a_container(at_the_top("/btrfs/subvolumes/" + layer, "btrfs", "/dev/sdb"), "/"));
    EXPECT_TRUE(is_of_a_container(at_the_top("/", "zfs", "tank/docker/" + layer), "/var/lib/pollux"));
    EXPECT_TRUE(is_of_a_container(at_the_top("/var/lib/containerd/io.containerd.snapshotter.v1.native/snapshots/17", "ext4", "/dev/sda1"),
                                  "/var/lib/pollux"));
}

TEST(Mounts, a_disk_that_is_mounted_into_a_container_stays)
{
    auto const top = at_the_top("/var/lib/docker/vfs/dir/" + layer, "ext4", "/dev/sda1");
    auto const volume = top + "40 22 259:1 /var/lib/docker/volumes/data/_data /var/lib/pollux rw - ext4 /dev/sda1 rw\n";
    EXPECT_FALSE(is_of_a_container(volume, "/var/lib/pollux"));
    EXPECT_FALSE(is_of_a_container(volume, "/var/lib/pollux/deep/in/it"));
    EXPECT_TRUE(is_of_a_container(volume, "/var/lib/pollux-2")) << "a folder beside it is not on it";
    auto const spaced = top + "41 22 259:2 / /my\\040disk rw - ext4 /dev/sdb rw\n";
    EXPECT_FALSE(is_of_a_container(spaced, "/my disk/data"));
}

TEST(Mounts, what_is_mounted_later_over_a_place_counts)
{
    auto const disk = at_the_top("/", "ext4", "/dev/sda1");
    auto const fuse = "50 22 0:60 / /data rw - fuse.fuse-overlayfs fuse-overlayfs rw\n";
    auto const real = "51 50 259:2 / /data rw - ext4 /dev/sdb rw\n";
    EXPECT_TRUE(is_of_a_container(disk + fuse, "/data/x"));
    EXPECT_FALSE(is_of_a_container(disk + fuse + real, "/data/x"));
    EXPECT_FALSE(is_of_a_container(disk + fuse, "/dat"));
}

TEST(Mounts, machines_keep_what_is_written_to_them)
{
    EXPECT_FALSE(is_of_a_container(at_the_top("/", "ext4", "/dev/vda"), "/var/lib/pollux"));
    EXPECT_FALSE(is_of_a_container(at_the_top("/@rootfs", "btrfs", "/dev/sda2"), "/var/lib/pollux"));
    EXPECT_FALSE(is_of_a_container(at_the_top("/", "zfs", "rpool/ROOT/debian"), "/var/lib/pollux"));
    EXPECT_FALSE(is_of_a_container("", "/var/lib/pollux")) << "where nothing can be read, nothing is known";
    EXPECT_FALSE(is_of_a_container("\n?\n1 2 3\n", "/var/lib/pollux"));
}

} // namespace
} // namespace pollux::config
