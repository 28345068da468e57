// Cloud Storage in memory, for tests: fake-gcs-server's library on a free port of loopback.
// Usage: gcs-emulator BUCKET; prints "listening on URL" and runs until it is killed.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "gcs-emulator: name the bucket to create")
		os.Exit(2)
	}
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		Scheme: "http",
		Host:   "127.0.0.1",
		Port:   0,
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "gcs-emulator: %v\n", err)
		os.Exit(1)
	}
	defer server.Stop()
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: os.Args[1]})
	fmt.Printf("listening on %s\n", server.URL())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
}
