// A Pub/Sub server in memory, for tests: Google's own pstest, kept open on one port.
// Usage: pubsub-emulator [PORT]; prints "listening on HOST:PORT" and runs until it is killed.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"cloud.google.com/go/pubsub/v2/pstest"
)

func main() {
	port := 0
	if len(os.Args) > 1 {
		number, err := strconv.Atoi(os.Args[1])
		if err != nil {
			fmt.Fprintf(os.Stderr, "pubsub-emulator: %q is no port number\n", os.Args[1])
			os.Exit(2)
		}
		port = number
	}
	server := pstest.NewServerWithPort(port)
	defer server.Close()
	fmt.Printf("listening on %s\n", server.Addr)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
}
