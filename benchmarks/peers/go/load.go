// What the Go programs of these benchmarks share: callers that each have one call open at a time, and what is told of their calls,
// in the same form as `quorate bench` tells it (quorate.cli.bench_results.Sample).
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"sync"
	"time"
)

const bucketsAnOctave = 8

// Sample is one measurement.
type Sample struct {
	Calls     int         `json:"calls"`
	PerSecond float64     `json:"per_second"`
	P50       float64     `json:"p50_ms"`
	P95       float64     `json:"p95_ms"`
	P99       float64     `json:"p99_ms"`
	Max       float64     `json:"max_ms"`
	Buckets   map[int]int `json:"buckets"`
}

// run has inFlight callers call for as long as it is told; calls that end after the warm-up count.
func run(inFlight int, seconds, warmUp float64, call func() error) (Sample, error) {
	begin := time.Now().Add(time.Duration(warmUp * float64(time.Second)))
	end := begin.Add(time.Duration(seconds * float64(time.Second)))
	latencies := make([][]time.Duration, inFlight)
	failures := make([]error, inFlight)
	var callers sync.WaitGroup
	for number := 0; number < inFlight; number++ {
		callers.Add(1)
		go func(number int) {
			defer callers.Done()
			before := time.Now()
			for before.Before(end) {
				if err := call(); err != nil {
					failures[number] = err
					return
				}
				after := time.Now()
				if !after.Before(begin) {
					latencies[number] = append(latencies[number], after.Sub(before))
				}
				before = after
			}
		}(number)
	}
	callers.Wait()
	for _, err := range failures {
		if err != nil {
			return Sample{}, err
		}
	}
	var all []time.Duration
	for _, some := range latencies {
		all = append(all, some...)
	}
	// Each caller's last call ended outside of the window, and no other did.
	return sampleOf(all, float64(len(all)-inFlight)/seconds), nil
}

func sampleOf(latencies []time.Duration, perSecond float64) Sample {
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	buckets := make(map[int]int)
	for _, latency := range latencies {
		micros := float64(latency) / float64(time.Microsecond)
		buckets[int(math.Max(0, math.Floor(math.Log2(math.Max(micros, 1))*bucketsAnOctave)))]++
	}
	rank := func(percent int) float64 {
		if len(latencies) == 0 {
			return 0
		}
		at := (len(latencies)*percent+99)/100 - 1
		if at < 0 {
			at = 0
		}
		return float64(latencies[at]) / float64(time.Millisecond)
	}
	return Sample{len(latencies), perSecond, rank(50), rank(95), rank(99), rank(100), buckets}
}

func tell(value interface{}) {
	line, err := json.Marshal(value)
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
