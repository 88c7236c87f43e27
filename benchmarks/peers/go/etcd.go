// Load on an etcd cluster by its own Go client, at the leader's endpoint:
//
//	etcd BASE_PORT IN_FLIGHT SIZE SECONDS WARM_UP      -> a Sample
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.etcd.io/etcd/clientv3"
)

const nodes = 3

func leader(endpoints []string) string {
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, DialTimeout: 30 * time.Second})
	check(err)
	defer client.Close()
	for _, endpoint := range endpoints {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		status, err := client.Status(ctx, endpoint)
		cancel()
		check(err)
		if status.Leader == status.Header.MemberId {
			return endpoint
		}
	}
	check(fmt.Errorf("no etcd leads"))
	return ""
}

func number(at int) float64 {
	value, err := strconv.ParseFloat(os.Args[at], 64)
	check(err)
	return value
}

func main() {
	var endpoints []string
	for id := 1; id <= nodes; id++ {
		endpoints = append(endpoints, fmt.Sprintf("http://127.0.0.1:%d", int(number(1))+id))
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{leader(endpoints)}, DialTimeout: 30 * time.Second})
	check(err)
	defer client.Close()
	value := string(make([]byte, int(number(3))))
	sample, err := run(int(number(2)), number(4), number(5), func() error {
		_, err := client.Put(context.Background(), "key", value)
		return err
	})
	check(err)
	tell(sample)
}
