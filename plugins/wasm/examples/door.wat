;; Writes each event into the notes of its delivery, and lets nobody's sign go unread: an event that is too long for
;; the notes is asked for again, and parked in the end, so that somebody looks at it.
;;
;; From text to module: `wat2wasm door.wat` (of wabt) or `wasm-tools parse door.wat -o door.wasm`.
(module
  ;; All that there is to call. The name is a version: it will always mean these four functions.
  (import "doorsign_v1" "event_len" (func $event_len (result i32)))
  (import "doorsign_v1" "event_read" (func $event_read (param $to i32) (param $from i32) (param $len i32) (result i32)))
  (import "doorsign_v1" "log" (func $log (param $ptr i32) (param $len i32)))
  (import "doorsign_v1" "set_result" (func $set_result (param $code i32) (param $ptr i32) (param $len i32)))

  ;; One page, 64 KiB. doorsign reads and writes it, so it must be exported under this name.
  (memory (export "memory") 1)

  ;; The reason for asking again, at the beginning of the memory.
  (data (i32.const 0) "longer than the notes")

  ;; Called once for each event, in a fresh instance: memory and globals are as they are written here, and what is
  ;; changed in them is gone afterwards. Therefore an event that comes twice, after a crash for instance, does no harm
  ;; here: all that this module leaves behind are the notes of that delivery.
  (func (export "on_event")
    (local $len i32)
    (local.set $len (call $event_len))

    ;; 75 is "not now". Any other number but 0 would park the event at once. Never to set a result is 0.
    (if (i32.gt_u (local.get $len) (i32.const 4096))
      (then
        (call $set_result (i32.const 75) (i32.const 0) (i32.const 21))
        (return)))

    ;; The event from its first byte to 1024 and on, then the notes.
    (drop (call $event_read (i32.const 1024) (i32.const 0) (local.get $len)))
    (call $log (i32.const 1024) (local.get $len))))
