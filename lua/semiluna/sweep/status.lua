-- How `semiluna sweep --task` says how the task went: its exit status. SIGINT and SIGTERM end it with 130 and 143, as `semiluna run`.
return {
  done = 0,     -- or there was nothing left to do
  failed = 1,   -- or diverged
  usage = 2,    -- the script or the command line is wrong
  stopped = 3,  -- by a command in the database; the run has a checkpoint and can be gone on with
  taken = 4,    -- another process trains this cell
  steered = 6,  -- the run is done, but somebody steered it: it is not the cell's, which is still to be trained
  changed = 5,  -- the plan has no such cell any more: the script has changed since the sweep began
}
