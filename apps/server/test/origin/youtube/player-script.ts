/** What the player script makes of n. */
export function solved(text: string): string {
  return `${reversed(text)}Z${text.length}`;
}

/** What it makes of a signature: yt-dlp learns only where each character goes. */
export function reversed(text: string): string {
  return [...text].reverse().join('');
}

/**
 * A player script of our own making, in the form in which yt-dlp's solver (2026.10.26) looks for its functions: the one that
 * sets "alr" makes addresses, and their other method changes n. `hostile` runs when the script is loaded.
 */
export function playerScript(hostile: string): string {
  return `var _fake={};(function(g){var window=this;
var attack=(function(){${hostile}})();
var Address=function(){this.parts={}};
Address.prototype.set=function(name,value){this.parts[name]=value};
Address.prototype.get=function(name){return this.parts[name]};
Address.prototype.clone=function(){return this};
Address.prototype.close=function(){if(this.parts.n)this.parts.n=turn(this.parts.n)};
var reverse=function(text){return text.split("").reverse().join("")};
var turn=function(text){return reverse(text)+"Z"+text.length};
var make=function(link,name,value){var made=new Address;made.set("alr","yes");
if(value)made.set(name,encodeURIComponent(reverse(decodeURIComponent(value))));return made};
var settings={signatureTimestamp:20500};
})(_fake);`;
}
