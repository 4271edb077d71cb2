// A shop of one page behind the gate: LINE SHOW KEY; prints its port. Who is signed in stands in X-User.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"

	"shop/openrun"
)

func main() {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	user := func(r *http.Request) string { return r.Header.Get("X-User") }
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, openrun.Gate(os.Args[1], os.Args[2], os.Args[3], user, page)))
}
