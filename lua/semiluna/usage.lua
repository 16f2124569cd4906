-- Wrong use of the program or of an option: ends with exit status 2, where other errors end with 1 (lua/host.h).
return function(message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  error({ usage = true, message = message }, 0)
end
