// One node of hashicorp/raft with its durable store raft-boltdb, and the callers inside its process, as in `quorate bench`.
// Takes orders on standard input, and ends with it:
//
//	hashicorp ID BASE_PORT DIRECTORY
//
//	leads                                    -> true or false
//	load IN_FLIGHT SIZE SECONDS WARM_UP      -> a Sample; only where it leads
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb"
)

const nodes = 3

// counter counts what is applied, so that the cost measured is that of agreement.
type counter struct{ count int }

func (c *counter) Apply(*raft.Log) interface{} {
	c.count++
	return c.count
}

func (c *counter) Snapshot() (raft.FSMSnapshot, error) { return kept{c.count}, nil }

func (c *counter) Restore(from io.ReadCloser) error {
	defer from.Close()
	_, err := fmt.Fscan(from, &c.count)
	return err
}

type kept struct{ count int }

func (k kept) Persist(sink raft.SnapshotSink) error {
	if _, err := fmt.Fprint(sink, k.count); err != nil {
		sink.Cancel()
		return err
	}
	return sink.Close()
}

func (k kept) Release() {}

func address(base, id int) string { return fmt.Sprintf("127.0.0.1:%d", base+id) }

func start(id, base int, directory string) *raft.Raft {
	check(os.MkdirAll(directory, 0o755))
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(strconv.Itoa(id))
	config.LogLevel = "WARN"
	store, err := raftboltdb.NewBoltStore(filepath.Join(directory, "raft.db"))
	check(err)
	snapshots, err := raft.NewFileSnapshotStore(directory, 2, os.Stderr)
	check(err)
	own, err := net.ResolveTCPAddr("tcp", address(base, id))
	check(err)
	transport, err := raft.NewTCPTransport(own.String(), own, nodes, 10*time.Second, os.Stderr)
	check(err)
	// As its users do: what was just written is not read back from the file for the followers.
	cached, err := raft.NewLogCache(512, store)
	check(err)
	node, err := raft.NewRaft(config, &counter{}, cached, store, snapshots, transport)
	check(err)
	if id == 1 {
		var servers []raft.Server
		for each := 1; each <= nodes; each++ {
			servers = append(servers, raft.Server{
				ID: raft.ServerID(strconv.Itoa(each)), Address: raft.ServerAddress(address(base, each)),
			})
		}
		check(node.BootstrapCluster(raft.Configuration{Servers: servers}).Error())
	}
	return node
}

func main() {
	id, err := strconv.Atoi(os.Args[1])
	check(err)
	base, err := strconv.Atoi(os.Args[2])
	check(err)
	node := start(id, base, os.Args[3])
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		var inFlight, size int
		var seconds, warmUp float64
		if orders.Text() == "leads" {
			tell(node.State() == raft.Leader)
			continue
		}
		_, err := fmt.Sscanf(orders.Text(), "load %d %d %g %g", &inFlight, &size, &seconds, &warmUp)
		check(err)
		value := make([]byte, size)
		sample, err := run(inFlight, seconds, warmUp, func() error { return node.Apply(value, 10*time.Second).Error() })
		check(err)
		tell(sample)
	}
}
