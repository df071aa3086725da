// A chat on gorilla/websocket, in the shape of its own example: a hub, and two goroutines a client. A broadcast is
// prepared once for all: chat_go ADDRESS.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/gorilla/websocket"
)

type client struct {
	id   string
	conn *websocket.Conn
	send chan *websocket.PreparedMessage
}

type said struct {
	from *client
	text string
}

type welcome struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	ClientCount int    `json:"clientCount"`
}

type message struct {
	Type    string `json:"type"`
	From    string `json:"from"`
	Message string `json:"message"`
}

var (
	joining = make(chan *client)
	leaving = make(chan *client)
	saying  = make(chan said, 1024)
)

func prepared(value any) *websocket.PreparedMessage {
	text, err := json.Marshal(value)
	if err != nil {
		log.Fatal(err)
	}
	frame, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil {
		log.Fatal(err)
	}
	return frame
}

func hub() {
	clients := map[*client]bool{}
	for {
		select {
		case c := <-joining:
			clients[c] = true
			c.send <- prepared(welcome{"welcome", c.id, len(clients)})
		case c := <-leaving:
			delete(clients, c)
			close(c.send)
		case s := <-saying:
			echo := prepared(message{"echo", s.from.id, s.text})
			broadcast := prepared(message{"broadcast", s.from.id, s.text})
			for c := range clients {
				if c == s.from {
					c.send <- echo
				} else {
					c.send <- broadcast
				}
			}
		}
	}
}

func (c *client) read() {
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			break
		}
		saying <- said{c, string(text)}
	}
	leaving <- c
}

func (c *client) write() {
	for frame := range c.send {
		if c.conn.WritePreparedMessage(frame) != nil {
			break
		}
	}
	c.conn.Close()
	// What the hub still sends must not stop it.
	for range c.send {
	}
}

func newID() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		log.Fatal(err)
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: chat_go ADDRESS")
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	go hub()
	http.HandleFunc("/websocket", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := &client{newID(), conn, make(chan *websocket.PreparedMessage, 4096)}
		go c.write()
		joining <- c
		c.read()
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
